import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type QueryCommandInput,
  type ScanCommandInput,
  type TransactWriteItem,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { inAttributes, toAttributes, toValues, type Native } from './native-values.ts';
import type { Key } from './table-schema.ts';
import { Contended, withRetries } from './transient.ts';

type Without<Part extends keyof TransactWriteItem> = Omit<
  Native<NonNullable<TransactWriteItem[Part]>>,
  'TableName' | 'ReturnValuesOnConditionCheckFailure'
>;
type PartOfQuery = Omit<Native<QueryCommandInput>, 'TableName' | 'ExclusiveStartKey'>;
type Position = Record<string, string>;

export type UpdateWrite = Without<'Update'>;

/** One write of a transaction, without the table's name. */
export type Write =
  | { Put: Without<'Put'> }
  | { Update: UpdateWrite }
  | { Delete: Without<'Delete'> }
  | { ConditionCheck: Without<'ConditionCheck'> };

/**
 * What a refused transaction met: under each write's name the item that its condition found (`undefined`: none), and
 * the names of the writes that met somebody else's.
 */
export class Refusal<Name extends string> {
  readonly found: ReadonlyMap<Name, object | undefined>;
  readonly contended: ReadonlySet<Name>;

  constructor(found: ReadonlyMap<Name, object | undefined>, contended: ReadonlySet<Name>) {
    this.found = found;
    this.contended = contended;
  }

  failed(name: Name): boolean {
    return this.found.has(name);
  }

  item<T>(name: Name): T | undefined {
    return this.found.get(name) as T | undefined;
  }
}

export type UpdateOutcome<T> = { updated: true; item: T } | { updated: false; found: T | undefined };

const PASSING_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
const BATCH = 100;

/** A DynamoDB table with strongly consistent reads, conditions that explain themselves, and bounded retries. */
export class DynamoTable {
  private readonly client: DynamoDBClient;
  private readonly name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.client = client;
    this.name = name;
  }

  async get<T>(key: Key): Promise<T | undefined> {
    const { Item } = await withRetries(() =>
      this.client.send(new GetItemCommand({ TableName: this.name, Key: toAttributes(key), ConsistentRead: true })),
    );
    return toValues(Item);
  }

  /** The items that exist among `keys`, in no particular order. */
  async getAll<T>(keys: Key[]): Promise<T[]> {
    const found: T[] = [];
    let wanted = keys;
    await withRetries(async () => {
      while (wanted.length > 0) {
        const batch = wanted.slice(0, BATCH);
        const Keys = batch.map(toAttributes);
        const { Responses, UnprocessedKeys } = await this.client.send(
          new BatchGetItemCommand({ RequestItems: { [this.name]: { Keys, ConsistentRead: true } } }),
        );
        found.push(...allToValues<T>(Responses?.[this.name]));
        const unprocessed = allToValues<Key>(UnprocessedKeys?.[this.name]?.Keys);
        wanted = [...unprocessed, ...wanted.slice(BATCH)];
        if (unprocessed.length === batch.length) throw new Contended('no key of a batch was processed');
      }
    });
    return found;
  }

  /** As one moment has them, in the order of `keys`; at most 100. */
  async snapshot<T>(keys: Key[]): Promise<(T | undefined)[]> {
    return withRetries(() => this.snapshotOnce<T>(keys));
  }

  /** One attempt; throws `Contended` if a transaction was under way on one of the items. */
  async snapshotOnce<T>(keys: Key[]): Promise<(T | undefined)[]> {
    try {
      const TransactItems = keys.map((key) => ({ Get: { TableName: this.name, Key: toAttributes(key) } }));
      const { Responses = [] } = await this.client.send(new TransactGetItemsCommand({ TransactItems }));
      return Responses.map(({ Item }) => toValues<T>(Item));
    } catch (thrown) {
      if (!(thrown instanceof TransactionCanceledException)) throw thrown;
      const reasons = (thrown.CancellationReasons ?? []).flatMap(({ Code = 'None' }) =>
        Code === 'None' ? [] : [Code],
      );
      if (reasons.length === 0 || !reasons.every((code) => PASSING_REASONS.has(code))) throw thrown;
      throw new Contended(`contended: ${reasons.join(', ')}`, { cause: thrown });
    }
  }

  /** One page; `cursor` is the key of the last item before it. */
  async query<T>(
    input: PartOfQuery,
    cursor?: Position,
  ): Promise<{ items: T[]; count: number; cursor: Position | undefined }> {
    const request = { ...input, TableName: this.name, ExclusiveStartKey: cursor };
    const page = await withRetries(() => this.client.send(new QueryCommand(inAttributes<QueryCommandInput>(request))));
    return { items: allToValues(page.Items), count: page.Count ?? 0, cursor: toValues(page.LastEvaluatedKey) };
  }

  /** One page of everything there is, strongly consistent. */
  async scan<T>(
    cursor: Position | undefined,
    fields: string[] | undefined,
    limit: number | undefined,
  ): Promise<{ items: T[]; cursor: Position | undefined }> {
    const names = fields && {
      ProjectionExpression: fields.map((_, index) => `#f${index}`).join(),
      ExpressionAttributeNames: Object.fromEntries(fields.map((field, index) => [`#f${index}`, field])),
    };
    const input = { TableName: this.name, ConsistentRead: true, ExclusiveStartKey: cursor, Limit: limit, ...names };
    const page = await withRetries(() => this.client.send(new ScanCommand(inAttributes<ScanCommandInput>(input))));
    return { items: allToValues(page.Items), cursor: toValues(page.LastEvaluatedKey) };
  }

  /** All pages, one by one. */
  async *pages<T>(input: PartOfQuery): AsyncGenerator<T[]> {
    let cursor: Position | undefined;
    do {
      const page = await this.query<T>(input, cursor);
      yield page.items;
      cursor = page.cursor;
    } while (cursor);
  }

  /** A conditional update: the item after it, or what the condition found instead. */
  async update<T>(write: UpdateWrite): Promise<UpdateOutcome<T>> {
    try {
      const { Attributes } = await withRetries(() =>
        this.client.send(
          new UpdateItemCommand(
            inAttributes<UpdateItemCommandInput>({
              ...write,
              TableName: this.name,
              ReturnValues: 'ALL_NEW',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
          ),
        ),
      );
      return { updated: true, item: toValues<T>(Attributes) as T };
    } catch (thrown) {
      if (!(thrown instanceof ConditionalCheckFailedException)) throw thrown;
      return { updated: false, found: toValues(thrown.Item) };
    }
  }

  /** Also if there is nothing to delete. */
  async delete(key: Key): Promise<void> {
    await withRetries(() => this.client.send(new DeleteItemCommand({ TableName: this.name, Key: toAttributes(key) })));
  }

  /** All the writes or none; retried until there is a definite answer. */
  async transact<Name extends string>(writes: Record<Name, Write>): Promise<Refusal<Name> | undefined> {
    return withRetries(async () => {
      const refusal = await this.transactOnce(writes);
      if (refusal && refusal.contended.size > 0) throw new Contended();
      return refusal;
    });
  }

  /**
   * One attempt at all the writes. A `Refusal` has at least one failed condition; an attempt that only met conflicts or
   * throttling throws `Contended`. With a `token` of its own, the same writes again within 10 minutes are done once, and
   * answered as if they were done now.
   */
  async transactOnce<Name extends string>(
    writes: Record<Name, Write>,
    token?: string,
  ): Promise<Refusal<Name> | undefined> {
    const TransactItems = this.inTable(Object.values<Write>(writes));
    try {
      await this.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: token }));
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof TransactionCanceledException)) throw thrown;
      return this.explain(Object.keys(writes) as Name[], thrown);
    }
  }

  private inTable(writes: Write[]): TransactWriteItem[] {
    return writes.map((write) => {
      const [[action, request]] = Object.entries(write) as [[string, object]];
      const item = { ...inAttributes(request), TableName: this.name, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
      return { [action]: item };
    });
  }

  /** The reasons come in the order of the writes. */
  private explain<Name extends string>(names: Name[], cancelled: TransactionCanceledException): Refusal<Name> {
    const found = new Map<Name, object | undefined>();
    const contended = new Set<Name>();
    for (const [index, { Code, Item }] of (cancelled.CancellationReasons ?? []).entries()) {
      const name = names[index] as Name;
      if (Code === 'ConditionalCheckFailed') found.set(name, toValues(Item));
      else if (Code && PASSING_REASONS.has(Code)) contended.add(name);
      else if (Code && Code !== 'None') throw cancelled;
    }
    if (found.size > 0) return new Refusal(found, contended);
    if (contended.size > 0) {
      throw new Contended(`contended: ${[...contended].join(', ')}`, { names: contended, cause: cancelled });
    }
    throw cancelled;
  }
}

const allToValues = <T>(items: Parameters<typeof toValues>[0][] = []): T[] =>
  items.map((item) => toValues<T>(item) as T);
