import {
  CreateTableCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { TABLE } from '../lib/table/table-definition.ts';

const WAIT_SECONDS = 30;

const STREAM = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;

const hashAndRange = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];

/** Makes the table that `table-definition.ts` describes, unless it is there. Several may do so at once. */
export async function createTable(client: DynamoDBClient, tableName: string, abortSignal?: AbortSignal): Promise<void> {
  const isNew = await makeTable(client, tableName);
  await waitUntilTableExists(
    { client, maxWaitTime: WAIT_SECONDS, minDelay: 1, ...(abortSignal && { abortSignal }) },
    { TableName: tableName },
  );
  if (!isNew) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: tableName,
      TimeToLiveSpecification: { AttributeName: TABLE.ttl, Enabled: true },
    }),
  );
}

async function makeTable(client: DynamoDBClient, tableName: string): Promise<boolean> {
  const indexes = Object.values(TABLE.indexes);
  const keyAttributes = new Set([TABLE, ...indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]));
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: STREAM,
        AttributeDefinitions: [...keyAttributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: hashAndRange(TABLE),
        GlobalSecondaryIndexes: indexes.map((index) => ({
          IndexName: index.name,
          KeySchema: hashAndRange(index),
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      }),
    );
    return true;
  } catch (thrown) {
    if (thrown instanceof ResourceInUseException) return false;
    throw thrown;
  }
}
