import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import { mcpUnavailable } from '../../../lib/mcp-clients/no-mcp.ts';
import { secretsUnavailable } from '../../../lib/mcp-clients/credentials/no-secrets.ts';
import { dynamoDbClient, dynamoDbConfig } from '../../../lib/composition/clients.ts';
import { SessionManagerV2 } from '../../../lib/composition/session-manager-v2.ts';
import { DynamoTable } from '../../../lib/table/dynamo-table.ts';
import { efsAccessPoints } from '../../../lib/workspaces/access-points/efs-access-points.ts';
import { Workspaces } from '../../../lib/workspaces/workspaces.ts';
import { StreamCheckpoint } from '../../../local/stream-checkpoint.ts';
import { StreamPoller } from '../../../local/stream-poller.ts';
import { newStack, type TestClock, type TestStack } from '../../setup/test-stack.ts';
import { FILE_SYSTEM, type EfsServer } from './efs-server.ts';
import { OWN_DATABASE } from '../../setup/own-database.ts';
import type { FileSystemPlace } from '../../../lib/configuration.ts';

export const PLACE: FileSystemPlace = { fileSystemId: FILE_SYSTEM, root: '/workspaces', posixId: 1000 };

/** A stack whose workspaces can be mounted from elsewhere. */
export const newAccessStack = (efs: EfsServer, clock?: TestClock): Promise<TestStack> =>
  newStack({}, clock, { accessPoints: efsAccessPoints(PLACE, efs.settings) });

/** Another instance of the same stack: it shares the table and the file system, and nothing in memory. */
export function otherManager({ config, log }: TestStack, efs: EfsServer) {
  const client = dynamoDbClient(config, OWN_DATABASE);
  const manager = new SessionManagerV2({
    table: new DynamoTable(client, config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp: mcpUnavailable,
    secrets: secretsUnavailable,
    accessPoints: efsAccessPoints(PLACE, efs.settings),
    log,
    settings: config,
  });
  return { manager, close: () => client.destroy() };
}

/** What the table's stream has told so far, filtered as `session-events` hears of it. */
export async function changesOf({ client, config }: TestStack, directory: string): Promise<DynamoDBRecord[]> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: config.tableName }));
  const streamArn = Table?.LatestStreamArn as string;
  const streams = new DynamoDBStreamsClient(dynamoDbConfig(config, OWN_DATABASE));
  const records: DynamoDBRecord[] = [];
  const checkpoint = await StreamCheckpoint.open(directory, streamArn);
  const poller = new StreamPoller(streams, streamArn, checkpoint, async ({ Records }) => {
    records.push(...Records);
    return { batchItemFailures: [] };
  });
  await poller.poll();
  streams.destroy();
  return records;
}
