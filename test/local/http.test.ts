import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ask, createSession, newDirectory, startServer, type LocalServer } from './local-server.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

const LONG = 120_000;
const PAGE_MS = 10_000;

async function serverOnTestDatabase(env: Record<string, string> = {}): Promise<LocalServer> {
  return startServer({
    ...OWN_DATABASE,
    DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
    TABLE_NAME: `http-${process.pid}-${performance.now()}`,
    WORKSPACE_ROOT: await newDirectory(),
    ...env,
  });
}

async function answerTo(sent: ClientRequest): Promise<{ status: number; text: string }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, text };
}

describe('the one-machine server', () => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await serverOnTestDatabase();
  }, LONG);

  /** As it is given: without what `fetch` forbids or puts right. */
  async function raw(path: string, options: RequestOptions, body?: Buffer): Promise<{ status: number; text: string }> {
    const { hostname, port } = new URL(server.url);
    const sent = request({ hostname, port, path, timeout: PAGE_MS, ...options });
    sent.end(body);
    return answerTo(sent);
  }

  test.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['no origin to speak of', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a foreign host', { host: 'evil.example' }],
    ['a foreign host that begins like ours', { host: '127.0.0.1.evil.example:80' }],
  ])('refuses a page of %s', async (_, headers: Record<string, string>) => {
    expect(await raw('/health', { headers })).toEqual({ status: 403, text: '{"message":"Forbidden"}' });
    const invocation = '/2015-03-31/functions/lifecycle/invocations';
    expect((await raw(invocation, { method: 'POST', headers }, Buffer.from('{}'))).status).toBe(403);
  });

  test('serves its own pages, by each of its names', async () => {
    const { port } = new URL(server.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`]) {
      const headers = { host, origin: `http://${host.toLowerCase()}` };
      expect((await raw('/health', { headers })).status).toBe(200);
    }
  });

  test('answers an unknown route as the gateway does', async () => {
    expect(await ask(server, 'GET', '/nothing')).toEqual({ status: 404, body: { message: 'Not Found' } });
    expect(await ask(server, 'POST', '/nothing')).toEqual({ status: 404, body: { message: 'Not Found' } });
  });

  test('refuses a body over the limit', async () => {
    // By what it announces: it answers before the body has come, and whoever still sends then finds it gone.
    const { hostname, port } = new URL(server.url);
    const announced = { 'content-length': 10_000_001 };
    const sent = request({ hostname, port, path: '/sessions', method: 'POST', timeout: PAGE_MS, headers: announced });
    sent.on('error', () => undefined).flushHeaders();
    const { status, text } = await answerTo(sent);
    sent.destroy();
    expect({ status, body: JSON.parse(text) as unknown }).toEqual({
      status: 413,
      body: { message: expect.any(String) },
    });
  });

  test('refuses a path that is not percent-encoded', async () => {
    expect(await raw('/sessions/%zz', {})).toEqual({ status: 400, text: '{"message":"Bad Request"}' });
    expect((await raw('/sessions/%ff', {})).status).toBe(400);
  });

  test('answers what is no JSON, and what no one knows, as the handlers say', async () => {
    const headers = { 'x-user-id': 'ada', 'x-org-id': 'workshop' };
    const { status, text } = await raw('/sessions', { method: 'POST', headers }, Buffer.from('{"metadata":'));
    expect({ status, ...(JSON.parse(text) as object) }).toMatchObject({ status: 400, code: 'VALIDATION' });
    expect(await ask(server, 'POST', '/sessions', { body: { color: 'red' } })).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION' },
    });
    expect((await raw('/sessions', {})).status).toBe(401);
    expect((await raw('/usage', { headers: { ...headers, 'x-user-id': '\u00c3\u00a9' } })).status).toBe(400);
  });
});

describe('metrics', () => {
  const LINE = '{"_aws":';

  test(
    'are printed when they are asked for and not otherwise',
    async () => {
      for (const METRICS_NAMESPACE of ['', 'Mine']) {
        const server = await serverOnTestDatabase({ METRICS_NAMESPACE });
        await createSession(server);
        expect(await server.stop()).toEqual({ code: 0, signal: null });
        if (METRICS_NAMESPACE) expect(server.output()).toContain(LINE);
        else expect(server.output()).not.toContain(LINE);
      }
    },
    LONG,
  );
});

describe('the cleanup timer', () => {
  test(
    'ends an idle session',
    async () => {
      const server = await serverOnTestDatabase({
        INACTIVITY_SECONDS: '1',
        TOUCH_INTERVAL_SECONDS: '0',
        CLEANUP_INTERVAL_SECONDS: '1',
      });
      const { workspacePath } = await createSession(server);
      for (const stopAt = performance.now() + LONG / 2; existsSync(workspacePath) && performance.now() < stopAt;) {
        await sleep(200);
      }
      expect(existsSync(workspacePath)).toBe(false);
      // The directory goes first, the seat a moment later.
      await expectSoon(async () => (await ask(server, 'GET', '/usage')).body, { user: { active: 0 } });
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    },
    LONG,
  );
});

async function expectSoon(look: () => Promise<unknown>, expected: object): Promise<void> {
  for (let attempt = 1; attempt < 50; attempt++) {
    try {
      return expect(await look()).toMatchObject(expected);
    } catch {
      await sleep(200);
    }
  }
  expect(await look()).toMatchObject(expected);
}
