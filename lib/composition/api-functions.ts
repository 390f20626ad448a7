import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pLimit from 'p-limit';
import { AccessCheck } from '../workspaces/access-points/access-check.ts';
import { LogLines } from '../telemetry/log-lines.ts';
import { readConfig, type Config, type FileSystemPlace } from '../configuration.ts';
import type { EventSink } from '../telemetry/events/event-sink.ts';
import { ManagerParts } from './session-manager-parts.ts';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { SERVICE } from '../telemetry/metrics/metric-catalogue.ts';
import { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import { StreamEffects } from '../sessions/stream-effects.ts';
import { SessionManagerV2 } from '../sessions/session-manager.ts';
import { DynamoTable } from '../table/dynamo-table.ts';
import type { AccessPoints } from '../workspaces/access-points/access-points.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import type { Services } from '../api/door-services.ts';

/** What connects to MCP servers. */
export interface McpServices {
  connector: McpConnector;
  secrets: SecretBox;
}

/** The parts that differ from function to function, so that none loads what it does not use. */
export interface ServiceParts {
  mcp: (config: Config, env: NodeJS.ProcessEnv) => McpServices;
  accessPoints?: (place: FileSystemPlace, settings: typeof EFS) => AccessPoints;
  eventSink?: (config: Config, settings: typeof EVENT_BRIDGE) => EventSink | undefined;
  describeApi?: () => Promise<object>;
}

/**
 * The SDK repeats a request twice; `withRetries` goes on from there. Its middleware is put together once for each kind of
 * request, and keeps the first of them.
 */
const CLIENT = { maxAttempts: 3, cacheMiddleware: true };
/** DynamoDB answers in milliseconds: what takes this long is lost, and better sent again. */
const ON_AWS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
/** The EFS API takes its time, and throttles early: waits of 0.5 to 2 s between attempts help more than many of them. */
const EFS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
/** What it does not take in this comes again with the stream's record. */
const EVENT_BRIDGE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};
/**
 * DynamoDB Local carries out one write after the other, and one process here stands for hundreds of Lambdas. What would
 * only wait there waits here, where no timeout runs: one that did would send the same again and make the queue longer.
 */
const AT_ENDPOINT = { connectionTimeout: 10_000, requestTimeout: 15_000, throwOnRequestTimeout: true };
const AT_ONCE_AT_ENDPOINT = 16;

/** Puts everything together from the environment. No I/O. */
export function createServices(env: NodeJS.ProcessEnv, parts: ServiceParts): Services {
  const config = readConfig(env);
  const logger = new Logger({ serviceName: SERVICE, logLevel: config.logLevel });
  const log = new LogLines(logger, env.AWS_LAMBDA_LOG_LEVEL);
  const { connector, secrets } = parts.mcp(config, env);
  const accessPoints = config.fileSystem && parts.accessPoints?.(config.fileSystem, EFS);
  const shared = new ManagerParts({
    table: new DynamoTable(dynamoDbClient(config, env), config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp: connector,
    secrets,
    accessPoints,
    log,
    metrics: new MetricLines({
      namespace: config.metricsNamespace,
      lambdaLogLevel: env.AWS_LAMBDA_LOG_LEVEL,
      onFailure: (thrown) => log.metricNotSent(thrown),
    }),
    settings: config,
  });
  return {
    config,
    log,
    manager: new SessionManagerV2(shared),
    events: new StreamEffects(shared.terminations, shared.audit, accessPoints, parts.eventSink?.(config, EVENT_BRIDGE)),
    accessCheck: new AccessCheck(shared),
    describeApi: parts.describeApi,
  };
}

export function dynamoDbClient(config: Config, env: NodeJS.ProcessEnv): DynamoDBClient {
  const client = new DynamoDBClient(dynamoDbConfig(config, env));
  // It copies all that is sent and received for lines that nobody writes.
  client.middlewareStack.remove('loggerMiddleware');
  if (config.dynamodbEndpoint !== undefined) {
    const inTurn = pLimit(AT_ONCE_AT_ENDPOINT);
    client.middlewareStack.add((next) => (args) => inTurn(next, args), {
      name: 'inTurn',
      step: 'finalizeRequest',
      priority: 'low',
    });
  }
  return client;
}

/** With an endpoint and no credentials it is DynamoDB Local that is meant, which takes any. */
export function dynamoDbConfig({ dynamodbEndpoint }: Config, env: NodeJS.ProcessEnv) {
  if (dynamodbEndpoint === undefined) return { ...CLIENT, requestHandler: ON_AWS };
  return {
    ...CLIENT,
    requestHandler: AT_ENDPOINT,
    endpoint: dynamodbEndpoint,
    region: env.AWS_REGION ?? 'us-east-1',
    ...(!env.AWS_ACCESS_KEY_ID && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
}

/**
 * Made once and kept; on Lambda at the start, when a function has more of the processor than in its calls. A failure is not
 * kept: each call tries again, and says why not.
 */
export function lazyServices(parts: ServiceParts): () => Services {
  let services: Services | undefined;
  const made = () => (services ??= createServices(process.env, parts));
  if (process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) makeAhead(made);
  return made;
}

function makeAhead(make: () => unknown): void {
  try {
    make();
  } catch {
    // The first call meets the same.
  }
}
