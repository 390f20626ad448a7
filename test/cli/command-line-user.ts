import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { startServer, type LocalServer } from '../local/local-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { commandLine, type Surroundings } from './run-command-line.ts';

/** A new user of the organisation `acmé`, who runs the command line against a server. */
function newUserAt(url: string) {
  const user = `ada-${randomUUID()}`;
  const env = { SESSION_MANAGER_URL: url, SESSION_MANAGER_USER: user, SESSION_MANAGER_ORG: 'acmé' };
  const run = (args: string, more: Surroundings = {}) =>
    commandLine(args.split(' '), { ...more, env: { ...env, ...more.env } });
  const json = async (args: string, more: Surroundings = {}) => {
    const { code, stdout, stderr } = await run(`${args} --json`, more);
    return { code, output: parsed(stdout), problem: parsed(stderr) };
  };
  return { user, run, json };
}

export const parsed = (printed: string): unknown => (printed === '' ? undefined : JSON.parse(printed));

/** A server for the tests of a `describe`, and its new users. Each user may have three sessions. */
export function usersOfServer() {
  let stack: TestStack;
  let server: LocalServer;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS_PER_USER: '3' });
    server = await startServer(stack.env);
  });
  afterAll(async () => {
    await server?.stop();
    await stack?.close();
  });
  return { somebody: () => newUserAt(server.url), url: () => server.url, root: () => stack.root };
}
