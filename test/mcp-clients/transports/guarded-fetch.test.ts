import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  guardedFetch,
  type FetchPolicy,
  type GuardedFetch,
} from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { redirected, type Request } from '../../../lib/mcp-clients/transports/redirects.ts';
import { startEverythingServer, type EverythingServer } from '../everything-server.ts';
import { serveHttp, type CountingServer } from './hostile-servers.ts';

const FORBIDDEN = { code: 'MCP_ENDPOINT_FORBIDDEN' };
const CONNECTION = { code: 'MCP_CONNECTION' };

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });
const HERE = v4('127.0.0.1');

interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Where names lead, by name; each answer is for one look-up, the last for all that follow. */
let names: Record<string, LookupAddress[][]>;
let lookups: string[];
let server: CountingServer;
let other: CountingServer;
let seen: Seen[];
let answer: (response: ServerResponse, seen: Seen) => void;
const fetches: GuardedFetch[] = [];

beforeAll(async () => {
  const listen = () =>
    serveHttp((request, response) => {
      void text(request).then((body) => {
        const now = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
        seen.push(now);
        answer(response, now);
      });
    });
  server = await listen();
  other = await listen();
});
beforeEach(() => {
  names = {};
  lookups = [];
  seen = [];
  answer = (response) => void response.end('here');
});
afterEach(async () => {
  await Promise.all(fetches.splice(0).map((guarded) => guarded.destroy()));
});
afterAll(async () => {
  await server.close();
  await other.close();
});

function guarded(policy: Partial<FetchPolicy> = {}): GuardedFetch {
  const lookup = async (name: string) => {
    lookups.push(name);
    const answers = names[name] ?? [];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
  };
  const made = guardedFetch({ loopback: true, maxBytes: 1_000_000, connectTimeoutMs: 2_000, lookup, ...policy });
  fetches.push(made);
  return made;
}

const at = (host: string, path = '/') => `http://${host}:${server.port}${path}`;

describe('on one machine', () => {
  test.each(['127.0.0.1', '127.1', '0x7f.1', '2130706433', '017700000001', '①②⑦.⓪.⓪.①'])(
    '%s is connected to, and is refused elsewhere before it is',
    async (host) => {
      expect(await (await guarded()(at(host))).text()).toBe('here');
      const connections = server.connections();
      await expect(guarded({ loopback: false })(at(host))).rejects.toMatchObject(FORBIDDEN);
      expect(server.connections()).toBe(connections);
      expect(lookups).toEqual([]);
    },
  );

  test('names of this machine are connected to, and are refused elsewhere before they are', async () => {
    names = { localhost: [[HERE]], 'own.example': [[HERE]], 'dot.example.': [[HERE]] };
    for (const name of Object.keys(names)) expect((await guarded()(at(name))).status).toBe(200);
    const connections = server.connections();
    for (const name of Object.keys(names)) {
      await expect(guarded({ loopback: false })(at(name))).rejects.toMatchObject(FORBIDDEN);
    }
    expect(server.connections()).toBe(connections);
  });

  test('the resolver of the system is asked where there is no other', async () => {
    expect((await guarded({ lookup: undefined })(at('localhost'))).status).toBe(200);
    await expect(guarded({ lookup: undefined, loopback: false })(at('localhost'))).rejects.toMatchObject(FORBIDDEN);
  });
});

describe('a URL is refused', () => {
  test.each([
    'data:text/plain,x',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'blob:nodedata:x',
    'http://user:word@127.0.0.1/',
    'http://user@some.example/',
    'http://169.254.169.254/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
  ])('%s', async (url) => {
    await expect(guarded()(url)).rejects.toMatchObject(FORBIDDEN);
    expect(lookups).toEqual([]);
  });

  test('that is none, as a failed connection', async () => {
    await expect(guarded()('nowhere')).rejects.toMatchObject(CONNECTION);
  });
});

describe('a name is refused', () => {
  const hostile: Record<string, LookupAddress[]> = {
    'metadata service': [v4('169.254.169.254')],
    'metadata service in IPv6': [v6('fd00:ec2::254')],
    'metadata service, mapped': [v6('::ffff:169.254.169.254')],
    'metadata service, mapped in hexadecimal': [v6('::ffff:a9fe:a9fe')],
    'metadata service, by NAT64': [v6('64:ff9b::a9fe:a9fe')],
    'metadata service, by 6to4': [v6('2002:a9fe:a9fe::')],
    'credentials of a container': [v4('169.254.170.2')],
    'this machine, mapped': [v6('::ffff:127.0.0.1')],
    'this machine, compatible': [v6('::127.0.0.1')],
    'any address': [v4('0.0.0.0')],
    'any address in IPv6': [v6('::')],
    'private network 10/8': [v4('10.0.0.5')],
    'private network 172.16/12': [v4('172.20.0.5')],
    'private network 192.168/16': [v4('192.168.0.5')],
    'shared network': [v4('100.64.0.5')],
    'unique local network': [v6('fd12::1')],
    'link-local network': [v6('fe80::1')],
    'link-local network with a zone': [v6('fe80::1%lo')],
    'this machine with a zone': [v6('::1%lo')],
    broadcast: [v4('255.255.255.255')],
    multicast: [v4('224.0.0.251')],
    'what is no address': [v4('127.1')],
    'a good address and a bad one': [HERE, v4('10.0.0.5')],
    'a bad address and a good one': [v4('10.0.0.5'), HERE],
    'many good addresses and a bad one': [HERE, v6('::1'), v4('127.0.0.2'), v6('fe80::1')],
  };
  test.each(Object.entries(hostile))('that leads to %s', async (_what, addresses) => {
    names = { 'some.example': [addresses] };
    const connections = server.connections();
    for (const loopback of [true, false]) {
      const refusal: unknown = await guarded({ loopback })(at('some.example')).catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ ...FORBIDDEN, name: 'McpEndpointForbiddenError' });
      expect((refusal as Error).message).not.toContain(addresses[0]?.address);
    }
    expect(server.connections()).toBe(connections);
  });

  test('over https too', async () => {
    names = { 'some.example': [[v4('169.254.169.254')]] };
    await expect(guarded()('https://some.example/')).rejects.toMatchObject(FORBIDDEN);
    await expect(guarded()('https://169.254.169.254/')).rejects.toMatchObject(FORBIDDEN);
  });

  test('that leads elsewhere when it is connected to again', async () => {
    names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    const fetch = guarded();
    expect(await (await fetch(at('some.example'))).text()).toBe('here');
    server.hangUp();
    await sleep(50);
    await expect(fetch(at('some.example'))).rejects.toMatchObject(FORBIDDEN);
    expect(lookups).toEqual(['some.example', 'some.example']);
  });

  test('that has no address, as a failed connection', async () => {
    await expect(guarded()(at('none.example'))).rejects.toMatchObject(CONNECTION);
  });
});

describe('a name is resolved once', () => {
  test('for a connection, which goes to the address that was judged', async () => {
    names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    expect(await (await guarded()(at('some.example'))).text()).toBe('here');
    expect(lookups).toEqual(['some.example']);
  });

  test('while a connection to the address that was judged is open', async () => {
    names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    const fetch = guarded();
    const connections = server.connections();
    for (let count = 0; count < 3; count++) {
      expect(await (await fetch(at('some.example'))).text()).toBe('here');
      // A socket is ready for more a moment after an answer.
      await sleep(20);
    }
    expect(server.connections()).toBe(connections + 1);
    expect(lookups).toEqual(['some.example']);
  });
});

describe('a redirect', () => {
  const to = (target: string, status = 302) => {
    const location = Buffer.from(target).toString('latin1');
    answer = (response, { path }) =>
      void (path === '/from' ? response.writeHead(status, { location }).end('gone') : response.end('there'));
  };

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    '//169.254.169.254/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://192.168.0.1/',
    'http://bad.example/',
    'https://bad.example/',
    'http://mixed.example/',
    'http://user:word@127.0.0.1/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'data:text/plain,x',
  ])('to %s is refused', async (target) => {
    names = { 'bad.example': [[v4('10.0.0.1')]], 'mixed.example': [[HERE, v4('10.0.0.1')]] };
    for (const status of [301, 302, 303, 307, 308]) {
      to(target, status);
      await expect(guarded()(at('127.0.0.1', '/from'))).rejects.toMatchObject(FORBIDDEN);
    }
    expect(seen.map(({ path }) => path)).toEqual(Array(5).fill('/from'));
  });

  test('to a redirect to a bad address is refused', async () => {
    answer = (response, { path }) =>
      void response.writeHead(307, { location: path === '/from' ? '/next' : 'http://169.254.169.254/' }).end();
    await expect(guarded()(at('127.0.0.1', '/from'))).rejects.toMatchObject(FORBIDDEN);
    expect(seen.map(({ path }) => path)).toEqual(['/from', '/next']);
  });

  const request = (url: string): Request => ({ url: new URL(url), method: 'GET', headers: new Headers() });
  test.each(['http://127.0.0.1/', 'http://0x7f.1/', 'http://[::1]/', 'http://2130706433/'])(
    'to %s is refused but on one machine',
    (target) => {
      const from = request('http://example.com/mcp');
      expect(() => redirected(from, 302, target, { loopback: false })).toThrow('private or otherwise special');
      expect(redirected(from, 302, target, { loopback: true }).url.href).toBe(new URL(target).href);
    },
  );

  test('from https to http is refused, from http to https is not', () => {
    const policy = { loopback: false };
    expect(() => redirected(request('https://example.com/'), 308, 'http://example.com/', policy)).toThrow(
      'redirects from https to http',
    );
    expect(redirected(request('http://example.com/'), 308, 'https://example.com/', policy).url.protocol).toBe('https:');
  });

  test('without a target, or with a status that is none, is an answer', async () => {
    answer = (response) => void response.writeHead(302).end('stay');
    expect((await guarded()(at('127.0.0.1'))).status).toBe(302);
    answer = (response) => void response.writeHead(300, { location: 'http://10.0.0.1/' }).end('choose');
    expect((await guarded()(at('127.0.0.1'))).status).toBe(300);
  });

  test('to what is no URL is a failed connection', async () => {
    to('http://[');
    await expect(guarded()(at('127.0.0.1', '/from'))).rejects.toMatchObject(CONNECTION);
  });

  test('is the business of the caller who says so', async () => {
    to('/next');
    const manual = await guarded()(at('127.0.0.1', '/from'), { redirect: 'manual' });
    expect([manual.status, manual.headers.get('location')]).toEqual([302, '/next']);
    await expect(guarded()(at('127.0.0.1', '/from'), { redirect: 'error' })).rejects.toMatchObject(CONNECTION);
  });

  const message = {
    method: 'POST',
    headers: {
      authorization: 'Bearer secret',
      cookie: 'secret',
      'mcp-session-id': 'secret',
      'x-api-key': 'secret',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
    },
    body: '{"jsonrpc":"2.0"}',
  };

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'DELETE', 'GET'],
    [301, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [308, 'DELETE', 'DELETE'],
  ])('with status %d makes of a %s a %s, and keeps the headers of its origin', async (status, method, then) => {
    to('/next', status);
    const body = method === 'POST' ? message.body : undefined;
    const response = await guarded()(at('127.0.0.1', '/from'), { ...message, method, body });
    expect([response.url, response.redirected]).toEqual([at('127.0.0.1', '/next'), true]);
    expect(await response.text()).toBe('there');
    const next = seen[1];
    expect(next).toMatchObject({ method: then, body: then === 'POST' ? message.body : '' });
    expect(next?.headers).toMatchObject({ authorization: 'Bearer secret', 'mcp-session-id': 'secret' });
    expect(next?.headers['content-type']).toBe(then === 'GET' ? undefined : 'application/json');
  });

  test('to another origin carries the message and nothing that says who sends it', async () => {
    to(other.url, 307);
    expect(await (await guarded()(at('127.0.0.1', '/from'), message)).text()).toBe('there');
    expect(seen[1]).toMatchObject({ method: 'POST', path: '/mcp', body: message.body });
    expect(seen[1]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
    });
    expect(JSON.stringify(seen[0]?.headers)).toContain('secret');
    expect(JSON.stringify(seen[1]?.headers)).not.toContain('secret');
  });

  test('to another origin does not carry a form, which has a secret in it', async () => {
    to(other.url, 307);
    const body = new URLSearchParams({ client_secret: 'secret' });
    await expect(guarded()(at('127.0.0.1', '/from'), { method: 'POST', body })).rejects.toMatchObject(CONNECTION);
    expect(seen.map(({ body }) => body)).toEqual(['client_secret=secret']);
  });

  test('and another are followed, and not one more than 5', async () => {
    answer = (response, { path }) => {
      const left = Number(path.slice(1));
      void (left === 0 ? response.end('there') : response.writeHead(302, { location: `/${left - 1}` }).end());
    };
    expect(await (await guarded()(at('127.0.0.1', '/5'))).text()).toBe('there');
    await expect(guarded()(at('127.0.0.1', '/6'))).rejects.toMatchObject(CONNECTION);
  });
});

describe('a request', () => {
  test('is not sent to a proxy that the environment names', async () => {
    const { HTTP_PROXY } = process.env;
    process.env.HTTP_PROXY = `http://127.0.0.1:${other.port}`;
    try {
      const connections = other.connections();
      expect((await guarded()(at('127.0.0.1'))).status).toBe(200);
      expect(other.connections()).toBe(connections);
    } finally {
      if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = HTTP_PROXY;
    }
  });

  test('is answered by a Response of the platform', async () => {
    answer = (response) => void response.writeHead(404, { 'set-cookie': ['a=1', 'b=2'], 'x-y': 'z' }).end('{"no":1}');
    const response = await guarded()(at('127.0.0.1'));
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ ok: false, status: 404, statusText: 'Not Found', redirected: false });
    expect([response.url, response.headers.getSetCookie()]).toEqual([at('127.0.0.1'), ['a=1', 'b=2']]);
    expect(await response.json()).toEqual({ no: 1 });
  });

  test('may have an answer without a body', async () => {
    answer = (response) => void response.writeHead(204).end();
    const response = await guarded()(at('127.0.0.1'));
    expect([response.status, response.body]).toEqual([204, null]);
  });

  test('takes up the headers and the signal of the platform, and ends with that signal', async () => {
    answer = (response) => void response.write('begun');
    const aborter = new AbortController();
    const headers = new Headers({ 'x-from': 'the platform' });
    const response = await guarded()(at('127.0.0.1'), { headers, signal: aborter.signal });
    expect(seen[0]?.headers['x-from']).toBe('the platform');
    const reason = new Error('enough');
    const reading = response.text();
    aborter.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await server.idle();
  });

  test('whose signal aborts before there is an answer rejects with its reason', async () => {
    answer = () => undefined;
    const reason = new Error('enough');
    const aborter = new AbortController();
    const pending = guarded()(at('127.0.0.1'), { signal: aborter.signal });
    while (seen.length === 0) await sleep(5);
    aborter.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await server.idle();
    await expect(guarded()(at('127.0.0.1'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test('that fails is told of, with the very error, and those that do not fail are not', async () => {
    const told: unknown[] = [];
    const fetch = guarded().reporting((failure) => told.push(failure));
    await (await fetch(at('127.0.0.1'))).text();
    expect(told).toEqual([]);
    const refusal: unknown = await fetch('http://10.0.0.1/').catch((thrown: unknown) => thrown);
    answer = (response) => void response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy());
    const failure: unknown = await fetch(at('127.0.0.1'))
      .then((response) => response.text())
      .catch((thrown: unknown) => thrown);
    expect(told).toEqual([refusal, failure]);
    expect(told).toMatchObject([FORBIDDEN, CONNECTION]);
  });

  test('under way ends when the sockets are destroyed', async () => {
    answer = () => undefined;
    const fetch = guarded();
    const pending = fetch(at('127.0.0.1'));
    pending.catch(() => undefined);
    while (seen.length === 0) await sleep(5);
    await fetch.destroy();
    await expect(pending).rejects.toMatchObject(CONNECTION);
    await server.idle();
  });
});

describe('the client of the MCP SDK', () => {
  let everything: EverythingServer;
  beforeAll(async () => {
    everything = await startEverythingServer();
  });
  afterAll(() => everything.stop());

  test('works over it', async () => {
    const fetch = guarded({ lookup: undefined });
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
      names = { 'bad.example': [[v4('10.0.0.1')]] };
      answer = (response) => void response.writeHead(307, { location: target }).end();
      for (const url of [target, at('127.0.0.1')]) {
        const transport = new StreamableHTTPClientTransport(new URL(url), {
          fetch: guarded(),
          redirectPolicy: 'follow',
        });
        const client = new Client({ name: 'test', version: '1' });
        await expect(client.connect(transport)).rejects.toMatchObject(FORBIDDEN);
        await client.close();
      }
    },
  );
});
