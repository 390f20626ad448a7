import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { EFSClientConfig } from '@aws-sdk/client-efs';
import { KMSClient } from '@aws-sdk/client-kms';
import { streamHandler } from '../../lib/api/stream-handler.ts';
import { AccessCheck } from '../../lib/workspaces/access-points/access-check.ts';
import { describeApi } from '../../lib/api/openapi/describe-api.ts';
import { LogLines } from '../../lib/telemetry/log-lines.ts';
import { readConfig, type Config } from '../../lib/configuration.ts';
import { sessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import { guardedFetch, type Fetch, type GuardedFetch } from '../../lib/mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../../lib/mcp-clients/transports/server-connector.ts';
import { KmsSecretBox } from '../../lib/mcp-clients/credentials/kms-secret-box.ts';
import { dynamoDbClient, dynamoDbConfig } from '../../lib/composition/clients.ts';
import { StreamEffects } from '../../lib/sessions/stream/stream-effects.ts';
import { APPLICATION } from '../../lib/identity.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { efsAccessPoints } from '../../lib/workspaces/access-points/efs-access-points.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { createTable } from '../../local/create-table.ts';
import { StreamCheckpoint } from '../../local/stream-checkpoint.ts';
import { StreamPoller } from '../../local/stream-poller.ts';
import { PLACE } from '../workspaces/access-points/access-stack.ts';
import { EfsServer } from '../workspaces/access-points/efs-server.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { kmsServer, type KmsServer } from '../mcp-clients/credentials/kms-server.ts';
import { outside } from './simulated-process.ts';
import { newDatabase } from '../setup/own-database.ts';
import type { Services, StreamServices } from '../../lib/api/door-services.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const MAX_SESSIONS = 5;
export const OWNER = { userId: 'ada', orgId: 'acme' };

/** The clock of this machine, which made the files, moved ahead. */
class MovedClock {
  private aheadMs = 0;

  now = (): Date => new Date(Date.now() + this.aheadMs);

  advance({ seconds }: { seconds: number }): void {
    this.aheadMs += seconds * 1000;
  }
}

/** All that outlives a process: the table, the files, and the services that are asked. */
export interface CrashWorld {
  config: Config;
  client: DynamoDBClient;
  clock: MovedClock;
  root: string;
  efs: EfsServer;
  mcp: RecordingServer;
  /** A process that has just been started: it shares nothing with another but the world. */
  start(): Services;
  /** One that goes on all the time: it prepares, sweeps and looks. */
  bystander: Services;
  /** Hangs up what the processes that have been started hold open: each is a thread of the database. */
  stopAll(): void;
  /** Lets the stream's handler see what has changed. */
  deliverChanges(): Promise<void>;
  close(): Promise<void>;
}

export async function newCrashWorld(): Promise<CrashWorld> {
  const root = await mkdtemp(path.join(tmpdir(), 'crashes-'));
  const directory = await mkdtemp(path.join(tmpdir(), 'crashes-checkpoint-'));
  const clock = new MovedClock();
  const config = readConfig({
    DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT,
    TABLE_NAME: `test-${randomUUID()}`,
    WORKSPACE_ROOT: root,
    LOG_LEVEL: 'SILENT',
    TOUCH_INTERVAL_SECONDS: '0',
    MAX_SESSIONS_PER_USER: `${MAX_SESSIONS}`,
    MAX_SESSIONS_PER_ORG: `${MAX_SESSIONS}`,
    MAX_SESSIONS: `${MAX_SESSIONS}`,
    MAX_WORKSPACE_BYTES: '1000000',
  });
  const database = newDatabase();
  const [efs, mcp, kms] = await Promise.all([EfsServer.start(), recordingServer(), kmsServer(KEY_ID)]);
  const client = dynamoDbClient(config, database);
  await createTable(client, config.tableName);
  const { services: bystander, destroy: stopBystander } = startProcess({ config, database, clock, efs, kms });
  const started: (() => void)[] = [];
  const start = () => {
    const { services, destroy } = startProcess({ config, database, clock, efs, kms });
    started.push(destroy);
    return services;
  };
  const stopAll = () => started.splice(0).forEach((destroy) => destroy());
  const { Table } = await client.send(new DescribeTableCommand({ TableName: config.tableName }));
  const streamArn = Table?.LatestStreamArn as string;
  const streams = new DynamoDBStreamsClient(dynamoDbConfig(config, database));
  const checkpoint = await StreamCheckpoint.open(directory, streamArn);
  const poller = new StreamPoller(
    streams,
    streamArn,
    checkpoint,
    streamHandler(() => bystander),
  );
  const close = async () => {
    stopAll();
    stopBystander();
    client.destroy();
    streams.destroy();
    await Promise.all([efs.stop(), mcp.close(), kms.close()]);
    for (const each of [root, directory]) await rm(each, { recursive: true, force: true });
  };
  return {
    config,
    client,
    clock,
    root,
    efs,
    mcp,
    start,
    bystander,
    stopAll,
    deliverChanges: () => poller.poll(),
    close,
  };
}

interface Outside {
  config: Config;
  database: NodeJS.ProcessEnv;
  clock: MovedClock;
  efs: EfsServer;
  kms: KmsServer;
}

function startProcess({ config, database, clock, efs, kms }: Outside): {
  services: Services & StreamServices;
  destroy: () => void;
} {
  const client = counted('DynamoDB', dynamoDbClient(config, database));
  const kmsClient = counted('KMS', new KMSClient({ ...efs.settings, endpoint: kms.url }));
  const fetch = guardedFetch({ loopback: true, maxBytes: 1_000_000 });
  const log = new LogLines(new Logger({ logLevel: 'SILENT' }));
  const accessPoints = efsAccessPoints(PLACE, countedSettings(efs));
  const parts = sessionManagerParts({
    table: new DynamoTable(client, config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp: new ServerConnector({ fetch: countedFetch(fetch), stdioCommands: [], searchPath: undefined }),
    secrets: new KmsSecretBox(kmsClient, KEY_ID),
    accessPoints,
    log,
    settings: config,
    auditLogger: { log: () => undefined },
    now: clock.now,
  });
  const services: Services & StreamServices = {
    config,
    log,
    audit: parts.audit,
    manager: new SessionManager(parts.manager, APPLICATION),
    agents: parts.agents,
    effects: new StreamEffects(parts.terminations, parts.audit, accessPoints),
    accessCheck: new AccessCheck(parts),
    describeApi,
  };
  const destroy = () => {
    client.destroy();
    kmsClient.destroy();
    void fetch.destroy();
  };
  return { services, destroy };
}

type SdkClient = Pick<DynamoDBClient, 'middlewareStack'>;

/** Each request that goes out is a call, the SDK's own repetitions included. */
function counted<Client extends object>(service: string, client: Client): Client {
  (client as unknown as SdkClient).middlewareStack.add(
    (next, context) => (args) =>
      outside({ name: `${service} ${context.commandName}`, overNetwork: true }, () => next(args)),
    { step: 'finalizeRequest', priority: 'low', name: 'counted' },
  );
  return client;
}

function countedSettings(efs: EfsServer): EFSClientConfig {
  const counting: NonNullable<EFSClientConfig['extensions']>[number] = {
    configure(client) {
      const handler = client.httpHandler();
      const { handle } = handler;
      handler.handle = (request, options) =>
        outside({ name: `EFS ${request.method}`, overNetwork: true }, () => handle.call(handler, request, options));
    },
  };
  return { ...efs.settings, extensions: [counting] };
}

function countedFetch(fetch: GuardedFetch): GuardedFetch {
  const around =
    (send: Fetch): Fetch =>
    (url, init) =>
      outside({ name: `MCP ${init?.method ?? 'GET'}`, overNetwork: true }, () => send(url, init));
  return Object.assign(around(fetch), {
    reporting: (...args: Parameters<GuardedFetch['reporting']>) => around(fetch.reporting(...args)),
    close: () => fetch.close(),
    destroy: () => fetch.destroy(),
  });
}
