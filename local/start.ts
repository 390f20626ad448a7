import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { ENV, readConfig, type Config } from '../lib/configuration.ts';
import { dynamoDbClient, dynamoDbConfig } from '../lib/composition/clients.ts';
import { rootCheck } from '../lib/composition/api-functions.ts';
import { DynamoTable } from '../lib/table/dynamo-table.ts';
import { WrongWorkspaceRootError } from '../lib/workspaces/root/wrong-workspace-root-error.ts';
import { startCleanupTimer, startReconcileTimer } from './cleanup-timer.ts';
import { createTable } from './create-table.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { EventFeed } from './event-feed.ts';
import { startHttpServer } from './http-server.ts';
import { verifierFor } from './jwt/verifier-for.ts';
import { makeDirectory } from './make-directory.ts';
import type { Shutdown } from './shutdown.ts';
import { StartError } from './start-error.ts';
import { sessionEvents } from './functions.ts';
import { StreamCheckpoint } from './stream-checkpoint.ts';
import { StreamPoller } from './stream-poller.ts';

const DEFAULT_PORT = 3000;
/** What runs may take as long as the gateway waits for a function. */
const FUNCTION_MS = 30_000;

type OnFault = (fault: Error) => void;

/**
 * Starts everything that makes up the session manager on one machine and gives its URL. The functions read this
 * process's environment, as they do in Lambda; what was started is stopped by `shutdown`. `onFault` is told if
 * something that is needed ends by itself.
 */
export async function start(env: NodeJS.ProcessEnv, shutdown: Shutdown, onFault: OnFault): Promise<string> {
  const port = portFrom(env);
  const config = readConfig(env);
  const verifier = verifierFor(config);
  await makeOrRefuse(config.workspaceRoot);
  if (config.dynamodbEndpoint === undefined) {
    env[ENV.dynamodbEndpoint] = await startDatabase(config, shutdown, onFault);
    // The AWS variables are for an AWS account; this table is in none.
    env[ENV.dynamodbOwnCredentials] = 'true';
  }
  env[ENV.workspaceRoot] = config.workspaceRoot;
  // MCP servers of the same machine are what a developer starts with.
  env[ENV.mcpAllowLoopback] ||= 'true';
  await prepareTable(readConfig(env), env, shutdown.signal);
  await checkRoot(readConfig(env), env);
  shutdown.signal.throwIfAborted();
  const feed = new EventFeed();
  const server = await startHttpServer(port, feed, { timeoutMs: config.httpTimeoutSeconds * 1000, verifier });
  // When the stop begins, and not in its turn: requests that come during a stop are refused.
  shutdown.signal.addEventListener('abort', () => void server.close().catch(() => undefined));
  await shutdown.addPatient(server.close, FUNCTION_MS);
  shutdown.hurried.addEventListener('abort', server.cut);
  shutdown.signal.throwIfAborted();
  await shutdown.addPatient(startCleanupTimer(config.cleanupIntervalSeconds));
  await shutdown.addPatient(startReconcileTimer());
  await shutdown.addPatient(await startStreamPoller(readConfig(env), env, feed));
  return `http://127.0.0.1:${server.port}`;
}

function portFrom({ PORT }: NodeJS.ProcessEnv): number {
  const port = PORT ? Number(PORT) : DEFAULT_PORT;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StartError('PORT must be a whole number from 0 to 65535.');
}

async function makeOrRefuse(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (thrown) {
    throw new StartError(`The directory ${directory} cannot be made: ${(thrown as Error).message}.`);
  }
}

async function startDatabase({ localDataDir }: Config, shutdown: Shutdown, onFault: OnFault): Promise<string> {
  await makeOrRefuse(localDataDir);
  await shutdown.add(await lockDataDir(localDataDir));
  const starting = startDynamoDbLocal(localDataDir, shutdown.signal);
  // Known to the shutdown from the first moment on: a signal may come while it starts.
  await shutdown.add(async () => (await starting.catch(() => undefined))?.stop());
  const database = await starting;
  void database.exited.then(() => onFault(new StartError('DynamoDB Local has stopped by itself. Stopping too.')));
  return database.endpoint;
}

async function startStreamPoller(
  config: Config,
  env: NodeJS.ProcessEnv,
  feed: EventFeed,
): Promise<() => Promise<void>> {
  const client = dynamoDbClient(config, env);
  const { Table } = await client.send(new DescribeTableCommand({ TableName: config.tableName }));
  client.destroy();
  const streamArn = Table?.LatestStreamArn;
  if (streamArn === undefined) throw new StartError(`The table ${config.tableName} has no stream.`);
  const streams = new DynamoDBStreamsClient(dynamoDbConfig(config, env));
  const checkpoint = await StreamCheckpoint.open(config.localDataDir, streamArn);
  const stop = new StreamPoller(streams, streamArn, checkpoint, sessionEvents(feed)).start();
  return () => stop().finally(() => streams.destroy());
}

async function prepareTable(config: Config, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const client = dynamoDbClient(config, env);
  try {
    await createTable(client, config.tableName, signal);
  } catch (thrown) {
    const { code, message, name } = thrown as NodeJS.ErrnoException;
    const reason = (message || code || name).replace(/\.$/, '');
    const isKeyRefused = name === 'UnrecognizedClientException';
    throw new StartError(
      `The table ${config.tableName} cannot be made or found at ${config.dynamodbEndpoint}: ${reason}.` +
        (isKeyRefused ? ` With ${ENV.dynamodbOwnCredentials}=true, AWS_ACCESS_KEY_ID is not used there.` : ''),
    );
  } finally {
    client.destroy();
  }
}

async function checkRoot(config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  const client = dynamoDbClient(config, env);
  try {
    await rootCheck(config, new DynamoTable(client, config.tableName))();
  } catch (thrown) {
    const { name, message } = thrown as Error;
    if (thrown instanceof WrongWorkspaceRootError) throw new StartError(message);
    throw new StartError(`The workspace root ${config.workspaceRoot} cannot be used: ${message || name}.`);
  } finally {
    client.destroy();
  }
}
