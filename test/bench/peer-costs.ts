import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { CapacityMeter, type Cost } from './capacity-meter.ts';
import { ONE_KB_PROMPT } from './our-costs.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

type Costs = Record<string, Cost>;

const settings = () => ({
  endpoint: process.env.DYNAMODB_ENDPOINT as string,
  region: OWN_DATABASE.AWS_REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** Who a session belongs to and a prompt of 1 KB: what ours holds too. */
const CONTENT = { userId: 'ada', orgId: 'acme', job: 'nightly', systemPrompt: ONE_KB_PROMPT };

export async function peerCosts(): Promise<Record<string, Costs>> {
  const peers = installed();
  return {
    'connect-dynamodb': await connectCosts(peers),
    '@shopify/shopify-app-session-storage-dynamodb': await shopifyCosts(peers),
    'count, then put': await countThenPut(),
    'one counter in a transaction': await oneCounter(),
  };
}

/** What the benchmark compares with has a `package.json` of its own, installed at the first use. */
function installed(): NodeJS.Require {
  if (!existsSync(path.join(import.meta.dirname, 'node_modules'))) {
    process.stderr.write(`Installing what is compared with, in ${import.meta.dirname}.\n`);
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: import.meta.dirname });
  }
  return createRequire(import.meta.url);
}

interface ConnectStore {
  get(sid: string, done: (error: unknown) => void): void;
  set(sid: string, session: object, done: (error: unknown) => void): void;
  touch(sid: string, session: object, done: (error: unknown) => void): void;
  destroy(sid: string, done: (error: unknown) => void): void;
  reap(done: (error: unknown) => void): void;
}

async function connectCosts(require: NodeJS.Require): Promise<Costs> {
  const sdk = require('@aws-sdk/client-dynamodb') as { DynamoDBClient: typeof DynamoDBClient };
  const client = new sdk.DynamoDBClient(settings());
  const table = await newTable('id');
  const connect = require('connect-dynamodb') as (connect: object) => new (options: object) => ConnectStore;
  const Store = connect({ Store: function Store() {} });
  const store = new Store({ table, client, initialized: true });
  const meter = new CapacityMeter(client, table, ['id'], []);
  const session = { cookie: { maxAge: 86_400_000 }, ...CONTENT };
  const of = (work: (done: (error: unknown) => void) => void) => meter.of(promisify(work));
  const costs = {
    create: await of((done) => store.set('one', session, done)),
    get: await of((done) => store.get('one', done)),
    touch: await of((done) => store.touch('one', session, done)),
    'sweep, 1 session and none due': await of((done) => store.reap(done)),
    end: await of((done) => store.destroy('one', done)),
  };
  meter.close();
  client.destroy();
  return costs;
}

interface ShopifyStorage {
  client: DynamoDBClient;
  storeSession(session: object): Promise<boolean>;
  loadSession(id: string): Promise<unknown>;
  findSessionsByShop(shop: string): Promise<unknown>;
  deleteSession(id: string): Promise<boolean>;
}

async function shopifyCosts(require: NodeJS.Require): Promise<Costs> {
  const { DynamoDBSessionStorage } = require('@shopify/shopify-app-session-storage-dynamodb') as {
    DynamoDBSessionStorage: new (options: object) => ShopifyStorage;
  };
  const { Session } = require('@shopify/shopify-api') as { Session: new (fields: object) => object };
  const table = await newTable('id', 'shop');
  const storage = new DynamoDBSessionStorage({
    sessionTableName: table,
    shopIndexName: 'shop_index',
    config: settings(),
  });
  const meter = new CapacityMeter(storage.client, table, ['id'], [['shop']]);
  const session = new Session({ id: 'one', shop: 'acme', state: ONE_KB_PROMPT, isOnline: false, scope: 'ada' });
  const costs = {
    create: await meter.of(() => storage.storeSession(session)),
    get: await meter.of(() => storage.loadSession('one')),
    'list, of 1 session': await meter.of(() => storage.findSessionsByShop('acme')),
    end: await meter.of(() => storage.deleteSession('one')),
  };
  meter.close();
  return costs;
}

/** By hand: how many sessions has the user, and if there is room, one more. Two at once exceed the limit. */
async function countThenPut(): Promise<Costs> {
  const client = new DynamoDBClient(settings());
  const TableName = await newTable('userId', undefined, 'id');
  const meter = new CapacityMeter(client, TableName, ['userId', 'id'], []);
  const count = () =>
    client.send(
      new QueryCommand({
        TableName,
        ConsistentRead: true,
        Select: 'COUNT',
        KeyConditionExpression: 'userId = :user',
        ExpressionAttributeValues: { ':user': { S: 'ada' } },
      }),
    );
  const put = () => client.send(new PutItemCommand({ TableName, Item: handWritten() }));
  for (let made = 0; made < 100; made++) await put();
  const costs = {
    'create, at 100 sessions of the user': await meter.of(async () => {
      await count();
      await put();
    }),
    'count of a user, at 100 sessions': await meter.of(count),
  };
  meter.close();
  client.destroy();
  return costs;
}

/** By hand: a session and a counter of its user, which must be below the limit. Nothing else is counted. */
async function oneCounter(): Promise<Costs> {
  const client = new DynamoDBClient(settings());
  const TableName = await newTable('userId', undefined, 'id');
  const meter = new CapacityMeter(client, TableName, ['userId', 'id'], []);
  const create = () =>
    client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: handWritten(), ConditionExpression: 'attribute_not_exists(id)' } },
          {
            Update: {
              TableName,
              Key: { userId: { S: 'ada' }, id: { S: 'COUNT' } },
              UpdateExpression: 'ADD active :one',
              ConditionExpression: 'attribute_not_exists(active) OR active < :limit',
              ExpressionAttributeValues: { ':one': { N: '1' }, ':limit': { N: '100' } },
            },
          },
        ],
      }),
    );
  const costs = { create: await meter.of(create) };
  meter.close();
  client.destroy();
  return costs;
}

const handWritten = () => ({
  ...Object.fromEntries(Object.entries(CONTENT).map(([name, S]) => [name, { S }])),
  id: { S: randomUUID() },
  lastActiveAt: { S: new Date(0).toISOString() },
});

async function newTable(key: string, index?: string, sortKey?: string): Promise<string> {
  const client = new DynamoDBClient(settings());
  const TableName = `peer-${randomUUID()}`;
  const names = [key, index, sortKey].filter((name) => name !== undefined);
  const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' as const });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [hash(key), ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' as const }] : [])],
      ...(index && {
        GlobalSecondaryIndexes: [
          {
            IndexName: `${index}_index`,
            KeySchema: [hash(index)],
            Projection: { ProjectionType: 'KEYS_ONLY' as const },
          },
        ],
      }),
    }),
  );
  client.destroy();
  return TableName;
}
