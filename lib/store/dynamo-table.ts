import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type QueryCommandInput,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from './table-schema.ts';
import { Contended, withRetries } from './transient.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
type Without<Part extends 'Put' | 'Update' | 'Delete' | 'ConditionCheck'> = Omit<
  NonNullable<TransactItem[Part]>,
  'TableName' | 'ReturnValuesOnConditionCheckFailure'
>;

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
  private readonly client: DynamoDBDocumentClient;
  private readonly name: string;

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.client = client;
    this.name = name;
  }

  async get<T>(key: Key): Promise<T | undefined> {
    const { Item } = await withRetries(() =>
      this.client.send(new GetCommand({ TableName: this.name, Key: key, ConsistentRead: true })),
    );
    return Item as T | undefined;
  }

  /** The items that exist among `keys`, in no particular order. */
  async getAll<T>(keys: Key[]): Promise<T[]> {
    const found: T[] = [];
    let wanted = keys;
    await withRetries(async () => {
      while (wanted.length > 0) {
        const batch = wanted.slice(0, BATCH);
        const { Responses, UnprocessedKeys } = await this.client.send(
          new BatchGetCommand({ RequestItems: { [this.name]: { Keys: batch, ConsistentRead: true } } }),
        );
        found.push(...((Responses?.[this.name] ?? []) as T[]));
        const unprocessed = (UnprocessedKeys?.[this.name]?.Keys ?? []) as Key[];
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
      const TransactItems = keys.map((key) => ({ Get: { TableName: this.name, Key: key } }));
      const { Responses = [] } = await this.client.send(new TransactGetCommand({ TransactItems }));
      return Responses.map(({ Item }) => Item as T | undefined);
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
    input: Omit<QueryCommandInput, 'TableName' | 'ExclusiveStartKey'>,
    cursor?: Record<string, string>,
  ): Promise<{ items: T[]; count: number; cursor: Record<string, string> | undefined }> {
    const page = await withRetries(() =>
      this.client.send(new QueryCommand({ ...input, TableName: this.name, ExclusiveStartKey: cursor })),
    );
    return { items: (page.Items ?? []) as T[], count: page.Count ?? 0, cursor: page.LastEvaluatedKey };
  }

  /** One page of everything there is, strongly consistent. */
  async scan<T>(
    cursor: Record<string, string> | undefined,
    fields: string[] | undefined,
    limit: number | undefined,
  ): Promise<{ items: T[]; cursor: Record<string, string> | undefined }> {
    const names = fields && {
      ProjectionExpression: fields.map((_, index) => `#f${index}`).join(),
      ExpressionAttributeNames: Object.fromEntries(fields.map((field, index) => [`#f${index}`, field])),
    };
    const input = { TableName: this.name, ConsistentRead: true, ExclusiveStartKey: cursor, Limit: limit, ...names };
    const page = await withRetries(() => this.client.send(new ScanCommand(input)));
    return { items: (page.Items ?? []) as T[], cursor: page.LastEvaluatedKey };
  }

  /** All pages, one by one. */
  async *pages<T>(input: Omit<QueryCommandInput, 'TableName' | 'ExclusiveStartKey'>): AsyncGenerator<T[]> {
    let cursor: Record<string, string> | undefined;
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
          new UpdateCommand({
            ...write,
            TableName: this.name,
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        ),
      );
      return { updated: true, item: Attributes as T };
    } catch (thrown) {
      if (!(thrown instanceof ConditionalCheckFailedException)) throw thrown;
      return { updated: false, found: thrown.Item && (unmarshall(thrown.Item) as T) };
    }
  }

  /** Also if there is nothing to delete. */
  async delete(key: Key): Promise<void> {
    await withRetries(() => this.client.send(new DeleteCommand({ TableName: this.name, Key: key })));
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
   * throttling throws `Contended`.
   */
  async transactOnce<Name extends string>(writes: Record<Name, Write>): Promise<Refusal<Name> | undefined> {
    try {
      await this.client.send(new TransactWriteCommand({ TransactItems: this.inTable(Object.values<Write>(writes)) }));
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof TransactionCanceledException)) throw thrown;
      return this.explain(Object.keys(writes) as Name[], thrown);
    }
  }

  private inTable(writes: Write[]): TransactItem[] {
    return writes.map((write) => {
      const [[action, request]] = Object.entries(write) as [[string, object]];
      const item = { ...request, TableName: this.name, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
      return { [action]: item };
    });
  }

  /** The reasons come in the order of the writes. */
  private explain<Name extends string>(names: Name[], cancelled: TransactionCanceledException): Refusal<Name> {
    const found = new Map<Name, object | undefined>();
    const contended = new Set<Name>();
    for (const [index, { Code, Item }] of (cancelled.CancellationReasons ?? []).entries()) {
      const name = names[index] as Name;
      if (Code === 'ConditionalCheckFailed') found.set(name, Item && unmarshall(Item));
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
