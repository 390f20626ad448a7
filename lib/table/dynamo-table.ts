import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  UpdateItemCommand,
  type DynamoDBClient,
  type QueryCommandInput,
  type ScanCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { inAttributes, toAttributes, toValues, type Native } from './attribute-values.ts';
import type { Key } from './keys.ts';
import { TransactWriteOnceCommand } from './single-attempt.ts';
import { Transaction } from './transaction.ts';
import { Contended, wasSentOnce, withRetries } from './retries.ts';
import { TransactionRefusal, type UpdateWrite, type Write } from './write.ts';

type PartOfQuery = Omit<Native<QueryCommandInput>, 'TableName' | 'ExclusiveStartKey'>;
type Position = Record<string, string>;

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

  /** The items that exist among `keys`, each once, in no particular order. */
  async getAll<T>(keys: Key[]): Promise<T[]> {
    const found: T[] = [];
    // DynamoDB refuses a batch that names a key twice.
    let wanted = [...new Map(keys.map((key) => [JSON.stringify([key.pk, key.sk]), key])).values()];
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

  /** All the writes or none; repeated until there is a definite answer. */
  async transact<Name extends string>(writes: Record<Name, Write>): Promise<TransactionRefusal<Name> | undefined> {
    return this.transaction().run(writes);
  }

  /** For who must know what became of each attempt. */
  transaction(): Transaction {
    return new Transaction((writes, token) => this.transactOnce(writes, token));
  }

  /**
   * One attempt at all the writes. A `Refusal` has at least one failed condition; an attempt that only met conflicts or
   * throttling throws `Contended`. The same writes with the same `token` are carried out once in 10 minutes.
   */
  async transactOnce<Name extends string>(
    writes: Record<Name, Write>,
    token?: string,
  ): Promise<TransactionRefusal<Name> | undefined> {
    try {
      const TransactItems = this.inTable(Object.values<Write>(writes));
      await this.client.send(new TransactWriteOnceCommand({ TransactItems, ClientRequestToken: token }));
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof TransactionCanceledException)) throw thrown;
      return this.explain(Object.keys(writes) as Name[], thrown);
    }
  }

  private inTable(writes: Write[]) {
    return writes.map((write) => {
      const [[action, request]] = Object.entries(write) as [[string, object]];
      const item = { ...inAttributes(request), TableName: this.name, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
      return { [action]: item };
    });
  }

  /** The reasons come in the order of the writes. */
  private explain<Name extends string>(
    names: Name[],
    cancelled: TransactionCanceledException,
  ): TransactionRefusal<Name> {
    const found = new Map<Name, object | undefined>();
    const contended = new Set<Name>();
    for (const [index, { Code, Item }] of (cancelled.CancellationReasons ?? []).entries()) {
      const name = names[index] as Name;
      if (Code === 'ConditionalCheckFailed') found.set(name, toValues(Item));
      else if (Code && PASSING_REASONS.has(Code)) contended.add(name);
      else if (Code && Code !== 'None') throw cancelled;
    }
    if (found.size > 0) return new TransactionRefusal(found, contended, { isDefinite: wasSentOnce(cancelled) });
    if (contended.size > 0) {
      throw new Contended(`contended: ${[...contended].join(', ')}`, { names: contended, cause: cancelled });
    }
    throw cancelled;
  }
}

const allToValues = <T>(items: Parameters<typeof toValues>[0][] = []): T[] =>
  items.map((item) => toValues<T>(item) as T);
