import { mkdir } from 'node:fs/promises';
import { ENV, readConfig, type Config } from '../lib/config.ts';
import { dynamoDbClient } from '../lib/services.ts';
import { startCleanupTimer } from './cleanup-timer.ts';
import { createTable } from './create-table.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { startHttpServer } from './http-server.ts';
import type { Shutdown } from './shutdown.ts';
import { StartError } from './start-error.ts';

const DEFAULT_PORT = 3000;

/**
 * Starts everything that makes up the session manager on one machine and gives its URL. The functions read this
 * process's environment, as they do in Lambda; what was started is stopped by `shutdown`.
 */
export async function start(env: NodeJS.ProcessEnv, shutdown: Shutdown): Promise<string> {
  const port = portFrom(env);
  const config = readConfig(env);
  await mkdir(config.workspaceRoot, { recursive: true, mode: 0o700 });
  if (config.dynamodbEndpoint === undefined) env[ENV.dynamodbEndpoint] = await startDatabase(config, shutdown);
  env[ENV.workspaceRoot] = config.workspaceRoot;
  const client = dynamoDbClient(readConfig(env), env);
  await createTable(client, config.tableName);
  client.destroy();
  const server = await startHttpServer(port);
  await shutdown.add(() => server.app.close());
  await shutdown.add(startCleanupTimer(config.cleanupIntervalSeconds));
  return `http://127.0.0.1:${server.port}`;
}

function portFrom({ PORT }: NodeJS.ProcessEnv): number {
  const port = PORT ? Number(PORT) : DEFAULT_PORT;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StartError('PORT must be a whole number from 0 to 65535.');
}

async function startDatabase({ localDataDir }: Config, shutdown: Shutdown): Promise<string> {
  await mkdir(localDataDir, { recursive: true, mode: 0o700 });
  await shutdown.add(await lockDataDir(localDataDir));
  const database = await startDynamoDbLocal(localDataDir);
  let wanted = false;
  await shutdown.add(async () => {
    wanted = true;
    await database.stop();
  });
  void database.exited.then(async () => {
    if (wanted) return;
    console.error('DynamoDB Local has stopped. Stopping too.');
    process.exitCode = 1;
    await shutdown.run();
    process.exit();
  });
  return database.endpoint;
}
