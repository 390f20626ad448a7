import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import type { AuditEvent } from '../../lib/api/audit-catalogue.ts';
import { describeApi } from '../../lib/api/openapi/describe-api.ts';
import { LogLines } from '../../lib/telemetry/log-lines.ts';
import { readConfig, type Config } from '../../lib/configuration.ts';
import { AccessCheck } from '../../lib/workspaces/access-points/access-check.ts';
import {
  sessionManagerParts,
  type SessionManagerOptions,
  type SessionManagerParts,
} from '../../lib/composition/session-manager-parts.ts';
import { mcpServices } from '../../lib/composition/mcp.ts';
import { MetricLines } from '../../lib/telemetry/metrics/metric-lines.ts';
import { dynamoDbClient } from '../../lib/composition/clients.ts';
import { StreamEffects } from '../../lib/sessions/stream/stream-effects.ts';
import { APPLICATION } from '../../lib/identity.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { createTable } from '../../local/create-table.ts';
import { OWN_DATABASE } from './own-database.ts';
import type { Services, StreamServices } from '../../lib/api/door-services.ts';

/** A clock that stands still until it is moved. */
export class TestClock {
  private time = Date.parse('2026-11-22T12:00:00.000Z');

  now = (): Date => new Date(this.time);

  advance({ seconds = 0, ms = 0 }: { seconds?: number; ms?: number }): void {
    this.time += seconds * 1000 + ms;
  }
}

/** A session manager on a table and a workspace root of its own, taken apart for tests. */
export interface TestStack extends Services, StreamServices {
  /** For further instances that share table and root. */
  env: Record<string, string>;
  config: Config;
  options: SessionManagerOptions;
  parts: SessionManagerParts;
  manager: SessionManager;
  /** To put faults into its middleware. */
  client: DynamoDBClient;
  root: string;
  audited: AuditEvent[];
  close(): Promise<void>;
}

export async function newStack(
  env: Record<string, string> = {},
  clock?: TestClock,
  own: Partial<SessionManagerOptions> = {},
): Promise<TestStack> {
  const root = await mkdtemp(path.join(tmpdir(), 'sessions-'));
  const shared = {
    DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
    ...OWN_DATABASE,
    TABLE_NAME: `test-${randomUUID()}`,
    WORKSPACE_ROOT: root,
    LOCAL_DATA_DIR: `${root}-data`,
    MCP_ALLOW_LOOPBACK: 'true',
    LOG_LEVEL: 'SILENT',
    ...env,
  };
  const config = readConfig(shared);
  const client = dynamoDbClient(config, shared);
  await createTable(client, config.tableName);
  const audited: AuditEvent[] = [];
  const log = new LogLines(new Logger({ logLevel: config.logLevel }));
  const { connector, secrets } = mcpServices(config, process.env);
  const options: SessionManagerOptions = {
    table: new DynamoTable(client, config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp: connector,
    secrets,
    log,
    metrics: new MetricLines({ namespace: config.metricsNamespace }),
    settings: config,
    auditLogger: { log: (event) => void audited.push(event) },
    now: clock?.now,
    ...own,
  };
  const parts = sessionManagerParts(options);
  const close = async () => {
    client.destroy();
    for (const directory of [root, shared.LOCAL_DATA_DIR]) await rm(directory, { recursive: true, force: true });
  };
  const manager = new SessionManager(parts.manager, APPLICATION);
  const effects = new StreamEffects(parts.terminations, parts.audit, own.accessPoints);
  const accessCheck = new AccessCheck(parts);
  const services = {
    config,
    log,
    audit: parts.audit,
    manager,
    agents: parts.agents,
    accessCheck,
    describeApi,
    effects,
  };
  return { ...services, env: shared, options, parts, client, root, audited, close };
}
