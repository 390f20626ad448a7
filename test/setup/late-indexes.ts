import {
  GetItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { dynamoDbClient } from '../../lib/composition/clients.ts';
import { isSessionKey, pathOf, type Key } from '../../lib/table/keys.ts';
import { TABLE } from '../../lib/table/table-definition.ts';
import { Chance } from '../faults/chance.ts';
import { IndexHistory, type IndexKeys, type ItemKeys, type Sight } from './index-history.ts';
import { interpose } from './interpose.ts';
import type { TestStack } from './test-stack.ts';

type Attributes = Record<string, AttributeValue>;
interface Written {
  Item?: Attributes;
  Key?: Attributes;
}
interface Write extends Written {
  TransactItems?: { Put?: Written; Update?: Written; Delete?: Written }[];
  RequestItems?: Record<string, { PutRequest?: Written; DeleteRequest?: Written }[]>;
}

interface Lateness {
  /** All chances come from it. */
  seed: number;
  /** For how many writes and reads of indexes a change may be unseen. */
  lag?: number;
  /** Indexes that may miss what is there; both if absent. */
  hides?: readonly string[];
}

/** A page without a limit of its own has as many entries at most: of the service, 1 MB. */
const MOST_IN_A_PAGE = 4;
/** How often an entry comes twice. */
const TWICE = 0.1;
const KEY_NAMES = [...new Set([TABLE, ...Object.values(TABLE.indexes)].flatMap((of) => [of.partitionKey, of.sortKey]))];

/**
 * DynamoDB Local's indexes are never late. Those of the service are: between the clients of a table and DynamoDB Local this
 * answers queries of an index as the service may, with entries that are not there yet, as they were, of items that are gone,
 * in two places at once, twice, and on small pages. It must see every write.
 */
export class LateIndexes {
  /** How often it has shown what. */
  readonly counts: Partial<Record<Sight | 'twice' | 'page', number>> = {};
  private history: IndexHistory;
  private chance: Chance;
  private readonly lag: number;
  private readonly hides: readonly string[];
  private readonly reader: DynamoDBClient;
  private readonly tableName: string;
  private readonly reads = new Map<string, Promise<void>>();

  constructor({ config, env }: Pick<TestStack, 'config' | 'env'>, { seed, lag = 40, hides }: Lateness) {
    this.lag = lag;
    this.chance = new Chance(`${seed} indexes`);
    this.history = new IndexHistory(lag, this.chance);
    this.hides = hides ?? Object.values(TABLE.indexes).map(({ name }) => name);
    this.reader = dynamoDbClient(config, env);
    this.tableName = config.tableName;
  }

  /** What is sent by this client. Inside of injected faults: what DynamoDB does is seen, whatever its caller is told. */
  between(client: DynamoDBClient): void {
    interpose(
      client,
      (next, { commandName = '' }) =>
        async (args) => {
          const answer = await next(args).finally(() => this.note(String(commandName), args.input));
          const query = args.input as QueryCommandInput;
          if (query.IndexName !== undefined) Object.assign(answer.output as object, this.answerTo(query));
          return answer;
        },
      { step: 'deserialize', priority: 'high', name: 'late-indexes' },
    );
  }

  /** From now on every index is as the table is, until something changes. */
  catchUp(): void {
    this.history.catchUp();
  }

  /** Without a memory of what was; nothing is stored at this moment. */
  restart(seed: number): void {
    this.chance = new Chance(`${seed} indexes`);
    this.history = new IndexHistory(this.lag, this.chance);
  }

  close(): void {
    this.reader.destroy();
  }

  private async note(command: string, input: object): Promise<void> {
    if (command.includes('Get')) return;
    await Promise.all(
      keysOf(input as Write)
        .filter(isSessionKey)
        .map((key) => this.noteInTurn(key)),
    );
  }

  /** One read of an item after the other: each sees what is later than what the one before it saw. */
  private noteInTurn(key: Key): Promise<void> {
    const path = pathOf(key);
    const read = (this.reads.get(path) ?? Promise.resolve()).then(async () => {
      const Key = { pk: { S: key.pk }, sk: { S: key.sk } };
      const { Item } = await this.reader.send(
        new GetItemCommand({ TableName: this.tableName, Key, ConsistentRead: true }),
      );
      this.history.note(path, Item && keysIn(Item));
    });
    this.reads.set(path, read);
    return read;
  }

  private answerTo(query: QueryCommandInput): Pick<QueryCommandOutput, 'Items' | 'Count' | 'LastEvaluatedKey'> {
    const index = Object.values(TABLE.indexes).find(({ name }) => name === query.IndexName) as IndexKeys & {
      name: string;
    };
    const hides = this.hides.includes(index.name);
    const found = this.history.read(index, { hides }, (sight) => this.count(sight)).filter(meets(query));
    const start = query.ExclusiveStartKey && keysIn(query.ExclusiveStartKey);
    const direction = query.ScanIndexForward === false ? -1 : 1;
    const order = (one: ItemKeys, other: ItemKeys) => direction * compare(index, one, other);
    const rest = found.filter((keys) => !start || order(keys, start) > 0).sort(order);
    const all = rest.flatMap((keys) => (this.isTwice() ? [keys, keys] : [keys]));
    const size = this.sizeOf(query);
    const Items = all.slice(0, size).map((keys) => attributesOf(keys, index));
    // A page that is full has a cursor, also if nothing is behind it.
    return { Items, Count: Items.length, LastEvaluatedKey: all.length < size ? undefined : Items.at(-1) };
  }

  private isTwice(): boolean {
    const isTwice = this.chance.next() < TWICE;
    if (isTwice) this.count('twice');
    return isTwice;
  }

  private sizeOf({ Limit }: QueryCommandInput): number {
    this.count('page');
    return Limit ?? 1 + this.chance.below(MOST_IN_A_PAGE);
  }

  private count(what: keyof LateIndexes['counts']): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

function keysOf({ TransactItems = [], RequestItems = {}, ...one }: Write): Key[] {
  const written: (Written | undefined)[] = [
    one,
    ...TransactItems.map(({ Put, Update, Delete }) => Put ?? Update ?? Delete),
    ...Object.values(RequestItems)
      .flat()
      .map(({ PutRequest, DeleteRequest }) => PutRequest ?? DeleteRequest),
  ];
  return written.flatMap((each) => {
    const attributes = each?.Key ?? each?.Item;
    return attributes ? [keysIn(attributes) as unknown as Key] : [];
  });
}

function keysIn(attributes: Attributes): ItemKeys {
  const keys = Object.entries(attributes).filter(([name]) => KEY_NAMES.includes(name as (typeof KEY_NAMES)[number]));
  return unmarshall(Object.fromEntries(keys)) as ItemKeys;
}

const attributesOf = (keys: ItemKeys, { partitionKey, sortKey }: IndexKeys): Attributes =>
  Object.fromEntries(
    [TABLE.partitionKey, TABLE.sortKey, partitionKey, sortKey].map((name) => [name, { S: keys[name] as string }]),
  );

/** By the sort key of the index, then by the item's own. */
function compare({ sortKey }: IndexKeys, one: ItemKeys, other: ItemKeys): number {
  const place = (keys: ItemKeys) => [keys[sortKey], keys.pk].join('\0');
  return place(one) < place(other) ? -1 : Number(place(one) > place(other));
}

/** `a = :x AND b <= :y`. */
function meets(query: QueryCommandInput): (keys: ItemKeys) => boolean {
  const conditions = (query.KeyConditionExpression ?? '').split(' AND ').map((text) => {
    const [, name = '', operator, value = ''] = /^(\S+) (=|<=) (\S+)$/.exec(text) ?? [];
    if (operator === undefined) throw new Error(`nobody answers ${text} of an index that is late`);
    const wanted = query.ExpressionAttributeValues?.[value]?.S ?? '';
    return { name: query.ExpressionAttributeNames?.[name] ?? name, operator, wanted };
  });
  return (keys) =>
    conditions.every(({ name, operator, wanted }) => {
      const there = keys[name] ?? '';
      return operator === '=' ? there === wanted : there <= wanted;
    });
}
