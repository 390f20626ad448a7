import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startEverythingServer, type EverythingServer } from '../everything-server.ts';
import { CONNECTION, FORBIDDEN, GuardedStage, v4 } from './guarded-stage.ts';

let own: GuardedStage;
beforeAll(async () => {
  own = await GuardedStage.start();
});
beforeEach(() => own.reset());
afterEach(() => own.destroyFetches());
afterAll(() => own.stop());

describe('a request', () => {
  test('is not sent to a proxy that the environment names', async () => {
    const { HTTP_PROXY } = process.env;
    process.env.HTTP_PROXY = `http://127.0.0.1:${own.other.port}`;
    try {
      const connections = own.other.connections();
      expect((await own.guarded()(own.at('127.0.0.1'))).status).toBe(200);
      expect(own.other.connections()).toBe(connections);
    } finally {
      if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = HTTP_PROXY;
    }
  });

  test('is answered by a Response of the platform', async () => {
    own.answer = (response) =>
      void response.writeHead(404, { 'set-cookie': ['a=1', 'b=2'], 'x-y': 'z' }).end('{"no":1}');
    const response = await own.guarded()(own.at('127.0.0.1'));
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ ok: false, status: 404, statusText: 'Not Found', redirected: false });
    expect([response.url, response.headers.getSetCookie()]).toEqual([own.at('127.0.0.1'), ['a=1', 'b=2']]);
    expect(await response.json()).toEqual({ no: 1 });
  });

  test('may have an answer without a body', async () => {
    own.answer = (response) => void response.writeHead(204).end();
    const response = await own.guarded()(own.at('127.0.0.1'));
    expect([response.status, response.body]).toEqual([204, null]);
  });

  test('takes up the headers and the signal of the platform, and ends with that signal', async () => {
    own.answer = (response) => void response.write('begun');
    const aborter = new AbortController();
    const headers = new Headers({ 'x-from': 'the platform' });
    const response = await own.guarded()(own.at('127.0.0.1'), { headers, signal: aborter.signal });
    expect(own.seen[0]?.headers['x-from']).toBe('the platform');
    const reason = new Error('enough');
    const reading = response.text();
    aborter.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await own.server.idle();
  });

  test('whose signal aborts before there is an answer rejects with its reason', async () => {
    own.answer = () => undefined;
    const reason = new Error('enough');
    const aborter = new AbortController();
    const pending = own.guarded()(own.at('127.0.0.1'), { signal: aborter.signal });
    while (own.seen.length === 0) await sleep(5);
    aborter.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await own.server.idle();
    await expect(own.guarded()(own.at('127.0.0.1'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(own.seen).toHaveLength(1);
  });

  test('that fails is told of, with the very error, and those that do not fail are not', async () => {
    const told: unknown[] = [];
    const fetch = own.guarded().reporting((failure) => told.push(failure));
    await (await fetch(own.at('127.0.0.1'))).text();
    expect(told).toEqual([]);
    const refusal: unknown = await fetch('http://10.0.0.1/').catch((thrown: unknown) => thrown);
    own.answer = (response) =>
      void response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy());
    const failure: unknown = await fetch(own.at('127.0.0.1'))
      .then((response) => response.text())
      .catch((thrown: unknown) => thrown);
    expect(told).toEqual([refusal, failure]);
    expect(told).toMatchObject([FORBIDDEN, CONNECTION]);
  });

  test('under way ends when the sockets are destroyed', async () => {
    own.answer = () => undefined;
    const fetch = own.guarded();
    const pending = fetch(own.at('127.0.0.1'));
    pending.catch(() => undefined);
    while (own.seen.length === 0) await sleep(5);
    await fetch.destroy();
    await expect(pending).rejects.toMatchObject(CONNECTION);
    await own.server.idle();
  });
});

describe('the client of the MCP SDK', () => {
  let everything: EverythingServer;
  beforeAll(async () => {
    everything = await startEverythingServer();
  });
  afterAll(() => everything.stop());

  test('works over it', async () => {
    const fetch = own.guarded({ lookup: undefined });
    const transport = new StreamableHTTPClientTransport(new URL(everything.url), { fetch, redirectPolicy: 'follow' });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport);
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    const result = await client.callTool({ name: 'echo', arguments: { message: 'over it' } });
    expect(JSON.stringify(result)).toContain('over it');
    const id = transport.sessionId;
    await transport.terminateSession();
    await client.close();
    expect((await everything.sessions()).ended).toContain(id);
  });

  test.each(['http://169.254.169.254/mcp', 'http://bad.example/mcp'])(
    'gives the very refusal of %s, asked for or redirected to',
    async (target) => {
      own.names = { 'bad.example': [[v4('10.0.0.1')]] };
      own.answer = (response) => void response.writeHead(307, { location: target }).end();
      for (const url of [target, own.at('127.0.0.1')]) {
        const transport = new StreamableHTTPClientTransport(new URL(url), {
          fetch: own.guarded(),
          redirectPolicy: 'follow',
        });
        const client = new Client({ name: 'test', version: '1' });
        await expect(client.connect(transport)).rejects.toMatchObject(FORBIDDEN);
        await client.close();
      }
    },
  );
});
