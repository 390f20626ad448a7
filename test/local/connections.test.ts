import { once } from 'node:events';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, createSession, startServer, type LocalServer } from './local-server.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

const LONG = 60_000;
const HEAD = 'POST /sessions HTTP/1.1\r\nhost: 127.0.0.1\r\n';
const WHOLE = 'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

/** An MCP server that does not answer until it is told to: what works with it is under way as long. */
const waiting: ServerResponse[] = [];
const slow = createServer((_request, response) => void waiting.push(response));
beforeAll(() => once(slow.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => {
  slow.closeAllConnections();
  slow.close();
});

const start = (env: Record<string, string> = {}) =>
  startServer({ ...OWN_DATABASE, DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string, ...env });

async function open({ url }: LocalServer, said: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

/** Something that takes until the MCP server answers; settles with its status, or what went wrong. */
async function underWay(server: LocalServer): Promise<{ answered: Promise<number | string> }> {
  const { id } = await createSession(server);
  const endpoint = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
  const before = waiting.length;
  const answered = ask(server, 'POST', `/sessions/${id}/mcp-clients`, {
    body: { id: 'slow', type: 'http', endpoint },
  }).then(
    ({ status }) => status,
    () => 'cut off',
  );
  while (waiting.length === before) await sleep(10);
  return { answered };
}

describe('a connection', () => {
  test(
    'is closed where a request does not arrive in time, and where none comes any more',
    async () => {
      const server = await start({ HTTP_TIMEOUT_SECONDS: '1', LOG_FORMAT: 'pretty', LOG_LEVEL: 'INFO' });
      const silent = ['', 'POST', HEAD, `${HEAD}content-length: 9\r\n\r\n`, `${HEAD}content-length: 9\r\n\r\n{"a`];
      const sockets = await Promise.all(silent.map((said) => open(server, said)));
      const idle = await open(server, WHOLE);
      const trickling = await open(server, `${HEAD}content-length: 900\r\n\r\n`);
      const trickle = setInterval(() => trickling.writable && trickling.write(' '), 100);
      const cut = once(trickling.resume(), 'close').finally(() => clearInterval(trickle));
      const answers = await Promise.all([...sockets, idle].map((socket) => text(socket)));
      await cut;
      const statuses = answers.map((answer) => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
      expect(statuses).toEqual([...silent.map(() => '408'), '200']);
      expect(answers[0]).toMatch(/\r\nconnection: close\r\n\r\n\{"message":"Request Timeout"\}$/);
      for (const [said, answer] of [
        ['nonsense\r\n\r\n', /^HTTP\/1\.1 400 [\s\S]+\r\n\r\n\{"message":"Bad Request"\}$/],
        [
          `${HEAD}x: ${'x'.repeat(20_000)}\r\n\r\n`,
          /^HTTP\/1\.1 431 [\s\S]+\{"message":"Request Header Fields Too Large"\}$/,
        ],
      ] as const) {
        expect(await text(await open(server, said))).toMatch(answer);
      }
      expect((await ask(server, 'GET', '/health')).status).toBe(200);
      await createSession(server);
      expect(server.output()).toMatch(
        /^\d\d:\d\d:\d\d {2}session\.created {2}ada@workshop {2}sessionId=\S+ {2}\d+ ms$/m,
      );
      await server.stop();
    },
    LONG,
  );
});

describe('SIGTERM', () => {
  test(
    'lets finish what runs, refuses what is still arriving and what comes after it, and closes idle connections',
    async () => {
      const server = await start();
      const { answered } = await underWay(server);
      const half = await open(server, `${HEAD}content-length: 100\r\n\r\n{`);
      const answeredAlready = await open(server, WHOLE);
      const idle = text(answeredAlready);
      await once(answeredAlready, 'data');
      const kept = new Agent({ keepAlive: true, maxSockets: 1 });
      const late = request(`${server.url}/health`, { agent: kept, method: 'POST', headers: { 'content-length': '1' } });
      late.on('error', () => undefined).flushHeaders();
      await ask(server, 'GET', '/health');
      const startedAt = performance.now();
      const stopped = server.stop();
      expect(await text(half)).toMatch(/^HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*Service Unavailable/i);
      await expect(ask(server, 'GET', '/health')).rejects.toThrow();
      for (const response of waiting.splice(0)) response.writeHead(500).end();
      expect(await answered).toBe(502);
      expect(await stopped).toEqual({ code: 0, signal: null });
      expect(performance.now() - startedAt).toBeLessThan(20_000);
      expect(await idle).toMatch(/^HTTP\/1\.1 200 /);
      late.destroy();
      kept.destroy();
    },
    LONG,
  );

  test(
    'a second time ends what runs too',
    async () => {
      const server = await start();
      const { answered } = await underWay(server);
      process.kill(server.pid, 'SIGTERM');
      await sleep(700);
      const startedAt = performance.now();
      expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(performance.now() - startedAt).toBeLessThan(20_000);
      expect(await answered).toBe('cut off');
    },
    LONG,
  );
});
