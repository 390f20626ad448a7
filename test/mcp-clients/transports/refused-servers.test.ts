import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Session } from '../../../lib/sessions/session.ts';
import { codeOf } from '../../setup/code-of.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { forbidden, loopback, loopbackInDisguise } from './hostile-endpoints.ts';
import { pour, serveHttp, type CountingServer } from './hostile-servers.ts';
import { serveMcp } from '../http-servers.ts';

const TIMEOUT_MS = 1_500;
/** For what is around the call: the table, and a word to the server that it is cancelled. */
const AROUND_MS = 3_000;

describe('where no machine says that loopback is allowed', () => {
  let stack: TestStack;
  let session: Session;
  let local: CountingServer;
  beforeAll(async () => {
    stack = await newStack({ MCP_ALLOW_LOOPBACK: 'false' });
    session = await stack.manager.createSession('alice', 'acme');
    local = await serveHttp((_request, response) => void response.writeHead(200).end());
  });
  afterAll(async () => {
    await local?.close();
    await stack?.close();
  });

  test.each(['http', 'sse'] as const)('no hostile endpoint can be added as %s', async (type) => {
    const endpoints = [...forbidden, ...loopback, ...loopbackInDisguise];
    expect(endpoints.length).toBeGreaterThan(100);
    const answers: [string, string | undefined][] = [];
    for (const endpoint of endpoints) {
      answers.push([endpoint, await codeOf(session.addMcpClient({ id: 'x', type, endpoint }))]);
    }
    expect(answers.filter(([, code]) => code !== 'MCP_ENDPOINT_FORBIDDEN')).toEqual([]);
    expect(await session.listMcpClients()).toEqual([]);
  });

  test('a name that resolves to this machine is no way to it', async () => {
    const endpoint = `http://localhost:${new URL(local.url).port}/`;
    expect(await codeOf(session.addMcpClient({ id: 'x', type: 'http', endpoint }))).toBe('MCP_ENDPOINT_FORBIDDEN');
    expect(local.connections()).toBe(0);
  });
});

describe('a server that', () => {
  let stack: TestStack;
  let session: Session;
  beforeAll(async () => {
    stack = await newStack();
    session = await stack.manager.createSession('alice', 'acme');
  });
  afterAll(() => stack?.close());

  const sse = { 'content-type': 'text/event-stream' };
  const json = { 'content-type': 'application/json' };
  const zeros = Buffer.alloc(64 * 1024);
  const hostile: Record<string, [type: 'http' | 'sse', RequestListener]> = {
    hangs: ['http', () => undefined],
    'hangs on its stream': ['http', (_request, response) => void response.writeHead(200, sse).write(': wait\n\n')],
    'closes mid-answer': [
      'http',
      (_request, response) => void response.writeHead(200, json).write('{"', () => response.destroy()),
    ],
    'answers garbage': ['http', (_request, response) => void response.writeHead(200, json).end('garbage')],
    'answers garbage on its stream': [
      'http',
      (_request, response) => void response.writeHead(200, sse).end('data: {"x"\n\n'),
    ],
    'answers 200 MB': ['http', (_request, response) => void pour(response.writeHead(200, json), zeros, 3_200)],
    'streams 200 MB': [
      'http',
      (_request, response) => void pour(response.writeHead(200, sse), `data: ${'x'.repeat(9_000)}\n\n`, 22_000),
    ],
    'drips for ever': [
      'http',
      (_request, response) => {
        response.writeHead(200, sse);
        const timer = setInterval(() => response.write(': x\n\n'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    'redirects for ever': [
      'http',
      (request, response) => void response.writeHead(307, { location: `${request.url}x` }).end(),
    ],
    'is of the old kind and hangs': [
      'sse',
      (_request, response) => void response.writeHead(200, sse).write(': wait\n\n'),
    ],
    'is of the old kind and answers garbage': [
      'sse',
      (_request, response) => void response.writeHead(200, sse).end('x'.repeat(100)),
    ],
    'is of the old kind and streams 200 MB': [
      'sse',
      (_request, response) => void pour(response.writeHead(200, sse), `: ${'x'.repeat(9_000)}\n`, 22_000),
    ],
  };
  test.each(Object.entries(hostile))(
    '%s is a failed connection in time, and the session stays usable',
    async (_what, [type, listener]) => {
      const server = await serveHttp(listener);
      const before = process.memoryUsage().rss;
      const startedAt = performance.now();
      const config = { id: 'x', type, endpoint: server.url, config: { timeoutMs: TIMEOUT_MS } };
      expect(await codeOf(session.addMcpClient(config))).toBe('MCP_CONNECTION');
      expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + AROUND_MS);
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
      await server.close();
      expect(await session.listMcpClients()).toEqual([]);
    },
  );

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://[fd00:ec2::254]/',
    'http://0xa9fea9fe/',
  ])('redirects to %s is refused as that would be, when it is added and when it is called', async (location) => {
    let redirects = false;
    const server = await serveMcp((_request, response) => {
      if (redirects) return void response.writeHead(307, { location }).end();
      return { result: { content: [] } };
    }, 'theirs');
    const client = await session.addMcpClient({ id: 'later', type: 'http', endpoint: server.url });
    expect(await client.callTool('any', {})).toEqual({ content: [] });
    redirects = true;
    expect(await codeOf(client.callTool('any', {}))).toBe('MCP_ENDPOINT_FORBIDDEN');
    redirects = false;
    expect(await client.callTool('any', {})).toEqual({ content: [] });
    await session.removeMcpClient('later');
    await server.close();
    const always = await serveHttp((_request, response) => void response.writeHead(307, { location }).end());
    for (const type of ['http', 'sse'] as const) {
      const adding = session.addMcpClient({ id: 'x', type, endpoint: always.url });
      expect(await codeOf(adding)).toBe('MCP_ENDPOINT_FORBIDDEN');
    }
    await always.close();
  });
});
