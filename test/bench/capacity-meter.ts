import { DynamoDBClient, GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { OWN_DATABASE } from '../setup/own-database.ts';
import { TABLE } from '../../lib/table/table-definition.ts';

/** What was asked of DynamoDB. Read and write units are those of on-demand tables. */
export interface Cost {
  requests: number;
  readUnits: number;
  writeUnits: number;
}

type Item = Record<string, AttributeValue>;

interface Write {
  Key?: Item;
  Item?: Item;
}

interface Input extends Write {
  ConsistentRead?: boolean;
  ReturnConsumedCapacity?: string;
  TransactItems?: Record<string, Write>[];
  RequestItems?: Record<string, { Keys?: Item[]; ConsistentRead?: boolean }>;
}

interface Output {
  Item?: Item;
  Responses?: Record<string, Item[]> | { Item?: Item }[];
  ConsumedCapacity?: { CapacityUnits?: number };
}

/** As much of an SDK client as the meter needs: those that others brought along are of other versions. */
interface MeteredClient {
  middlewareStack: { add(middleware: never, options: never): void };
}

interface Context {
  commandName?: string;
}

type Next = (args: { input: Input }) => Promise<{ output: Output }>;

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheck'];
const KB = 1024;
/** Each index of the table, as the attributes that are its own keys. */
const INDEXES = Object.values(TABLE.indexes).map(({ partitionKey, sortKey }) => [partitionKey, sortKey]);

/**
 * Counts requests and what DynamoDB bills for them, by its documented rules: DynamoDB Local reports too little. Writes are
 * billed by the larger of the item before and after, in steps of 1 KB, twice in a transaction, also if their condition
 * fails; an index by the entries that are written to it. Reads in steps of 4 KB, half if not strongly consistent, twice in a transaction. What
 * queries and scans read is as DynamoDB Local says.
 */
export class CapacityMeter {
  private readonly table: string;
  private readonly keys: readonly string[];
  private readonly indexes: readonly (readonly string[])[];
  private readonly observer = new DynamoDBClient({
    endpoint: process.env.DYNAMODB_ENDPOINT,
    region: OWN_DATABASE.AWS_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  private cost: Cost = { requests: 0, readUnits: 0, writeUnits: 0 };

  /** With the primary key and the indexes of our own table, unless told others. */
  constructor(
    client: MeteredClient,
    table: string,
    keys: readonly string[] = [TABLE.partitionKey, TABLE.sortKey],
    indexes: readonly (readonly string[])[] = INDEXES,
  ) {
    this.table = table;
    this.keys = keys;
    this.indexes = indexes;
    const asking =
      (next: Next, { commandName }: Context) =>
      (args: { input: Input }) => {
        if (/^(Query|Scan)Command$/.test(String(commandName))) args.input.ReturnConsumedCapacity = 'TOTAL';
        return next(args);
      };
    const observing =
      (next: Next, { commandName }: Context) =>
      (args: { input: Input }) =>
        this.observe(String(commandName).replace(/Command$/, ''), args.input, () => next(args));
    client.middlewareStack.add(asking as never, { step: 'initialize', name: 'capacityAsked' } as never);
    client.middlewareStack.add(observing as never, { step: 'build', name: 'capacityObserved' } as never);
  }

  /** What the work asks for, whether or not it succeeds. */
  async of(work: () => Promise<unknown>): Promise<Cost> {
    this.cost = { requests: 0, readUnits: 0, writeUnits: 0 };
    await work();
    return { ...this.cost };
  }

  close(): void {
    this.observer.destroy();
  }

  private async observe(command: string, input: Input, send: () => Promise<{ output: Output }>) {
    const writes = writesOf(command, input).map((write) => this.keyOf(write));
    const before = await Promise.all(writes.map((key) => this.look(key)));
    let output: Output = {};
    try {
      const answer = await send();
      output = answer.output;
      return answer;
    } finally {
      const after = await Promise.all(writes.map((key) => this.look(key)));
      const times = command === 'TransactWriteItems' ? 2 : 1;
      this.cost.requests += 1;
      this.cost.readUnits += readUnitsOf(command, input, output);
      for (const [index, item] of after.entries()) this.cost.writeUnits += this.writeUnits(before[index], item, times);
    }
  }

  private writeUnits(before: Item | undefined, after: Item | undefined, times: number): number {
    const own = times * steps(Math.max(sizeOf(before), sizeOf(after)), KB);
    return own + this.indexes.reduce((units, index) => units + this.indexUnits(index, before, after), 0);
  }

  /** An entry whose key changes is removed and written anew; it has keys only. */
  private indexUnits(index: readonly string[], before: Item | undefined, after: Item | undefined): number {
    const entry = (item: Item | undefined) => {
      if (!item || !index.every((name) => name in item)) return undefined;
      return JSON.stringify([...this.keys, ...index].map((name) => item[name]));
    };
    const [old, renewed] = [entry(before), entry(after)];
    return old === renewed ? 0 : [old, renewed].filter((one) => one !== undefined).length;
  }

  private keyOf({ Key, Item }: Write): Item {
    const item = Key ?? Item ?? {};
    return Object.fromEntries(this.keys.map((name) => [name, item[name] as AttributeValue]));
  }

  private async look(Key: Item): Promise<Item | undefined> {
    const { Item } = await this.observer.send(new GetItemCommand({ TableName: this.table, Key, ConsistentRead: true }));
    return Item;
  }
}

function writesOf(command: string, { TransactItems, ...input }: Input): Write[] {
  if (command === 'TransactWriteItems') return (TransactItems ?? []).flatMap((item) => Object.values(item));
  return WRITES.includes(command) ? [input] : [];
}

function readUnitsOf(command: string, input: Input, output: Output): number {
  if (command === 'GetItem') return readUnits(output.Item, input.ConsistentRead);
  if (command === 'TransactGetItems') {
    const found = (output.Responses ?? []) as { Item?: Item }[];
    return (input.TransactItems ?? []).reduce((units, _, index) => units + 2 * readUnits(found[index]?.Item, true), 0);
  }
  if (command === 'BatchGetItem') {
    return Object.entries(input.RequestItems ?? {}).reduce((units, [table, { Keys = [], ConsistentRead }]) => {
      const found = (output.Responses as Record<string, Item[]> | undefined)?.[table] ?? [];
      const missing = Keys.length - found.length;
      return (
        units +
        found.reduce((sum, item) => sum + readUnits(item, ConsistentRead), missing * readUnits({}, ConsistentRead))
      );
    }, 0);
  }
  if (command !== 'Query' && command !== 'Scan') return 0;
  // A page that has nothing in it is billed like one with an item.
  return Math.max(output.ConsumedCapacity?.CapacityUnits ?? 0, readUnits({}, input.ConsistentRead));
}

const steps = (bytes: number, step: number) => Math.max(1, Math.ceil(bytes / step));
const readUnits = (item: Item | undefined, consistent = false) => steps(sizeOf(item), 4 * KB) * (consistent ? 1 : 0.5);

function sizeOf(item: Item = {}): number {
  return Object.entries(item).reduce((bytes, [name, value]) => bytes + Buffer.byteLength(name) + sizeOfValue(value), 0);
}

function sizeOfValue(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.B !== undefined) return value.B.length;
  if (value.SS !== undefined) return value.SS.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + sizeOf(value.M);
  if (value.L !== undefined) return 3 + value.L.reduce((bytes, one) => bytes + 1 + sizeOfValue(one), 0);
  return 1;
}
