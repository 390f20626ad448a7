import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { ChildProgram, type Exit } from '../../local/child-program.ts';
import { stopLeftOver } from '../../local/dynamodb-local.ts';
import { TYPESCRIPT } from '../setup/typescript-program.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
const START_MS = 60_000;
const LISTENING = /listening on (http:\/\/127\.0\.0\.1:\d+)/;

export interface LocalServer {
  url: string;
  pid: number;
  /** Asks it to stop, with SIGTERM unless told otherwise, and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  /** Ends it the hard way. Its DynamoDB Local stays, until the next start or the end of the test file. */
  kill9(): Promise<void>;
  /** What it has printed. */
  output(): string;
}

const programs: ChildProgram[] = [];
const directories: string[] = [];

/** Whatever a test did or how it failed: nothing that it started outlives its file. */
afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop('SIGTERM', 30_000)));
  for (const directory of directories) {
    await stopLeftOver(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}, 120_000);

/** A directory that is removed at the end; a DynamoDB Local that was left over in it is stopped then. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'one-machine-'));
  directories.push(directory);
  return directory;
}

/**
 * Starts `local/main.ts` as a process of its own, on a free port, with a data directory of its own unless `env` says
 * otherwise. It inherits what programs are found and how Java runs, and nothing else: without DYNAMODB_ENDPOINT in
 * `env` it starts a DynamoDB Local of its own.
 */
export async function startServer(env: Record<string, string> = {}, command?: string[]): Promise<LocalServer> {
  const program = await launch(env, command);
  const [, url = ''] = await program.untilPrinted(LISTENING, START_MS);
  return {
    url,
    pid: program.pid,
    stop: (signal) => program.stop(signal),
    kill9: async () => void (await program.stop('SIGKILL')),
    output: program.output,
  };
}

export const MAIN = [process.execPath, ...TYPESCRIPT, 'local/main.ts'];

/** The same without waiting for anything. */
export async function launch(env: Record<string, string> = {}, command?: string[]): Promise<ChildProgram> {
  const [file = '', ...args] = command ?? MAIN;
  // A table has one workspace root, and each server here a root of its own unless it shares both.
  const ownTable = env.DYNAMODB_ENDPOINT && !env.WORKSPACE_ROOT && { TABLE_NAME: `server-${randomUUID()}` };
  // No test fetches a Java runtime from elsewhere.
  const JRE_DOWNLOAD_URL = 'http://127.0.0.1:9';
  const defaults = {
    JRE_DOWNLOAD_URL,
    ...ownTable,
    PORT: '0',
    LOG_LEVEL: 'ERROR',
    LOCAL_DATA_DIR: env.LOCAL_DATA_DIR ?? (await newDirectory()),
  };
  const { PATH, HOME, JAVA_TOOL_OPTIONS, NODE_COMPILE_CACHE } = process.env;
  const inherited = { PATH, HOME, JAVA_TOOL_OPTIONS, NODE_COMPILE_CACHE };
  const program = new ChildProgram(file, args, { ...inherited, ...defaults, ...env }, PROJECT);
  programs.push(program);
  return program;
}

const ADA = { 'x-user-id': 'ada', 'x-org-id': 'workshop', 'content-type': 'application/json' };

/** Asks a server for something in Ada's name; gives the status, and the body read as JSON. */
export async function ask(
  { url }: { url: string },
  method: string,
  route: string,
  { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}${route}`, {
    method,
    headers: { ...ADA, ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(40_000),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

export interface SessionInfo {
  id: string;
  workspacePath: string;
}

export async function createSession(server: { url: string }): Promise<SessionInfo> {
  const { status, body } = await ask(server, 'POST', '/sessions', { body: {} });
  if (status !== 201) throw new Error(`No session: ${status} ${JSON.stringify(body)}`);
  return body as SessionInfo;
}
