import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { redirected, type Request } from '../../../lib/mcp-clients/transports/redirects.ts';
import { CONNECTION, FORBIDDEN, GuardedStage, HERE, v4 } from './guarded-stage.ts';

let own: GuardedStage;
beforeAll(async () => {
  own = await GuardedStage.start();
});
beforeEach(() => own.reset());
afterEach(() => own.destroyFetches());
afterAll(() => own.stop());

describe('a redirect', () => {
  const to = (target: string, status = 302) => {
    const location = Buffer.from(target).toString('latin1');
    own.answer = (response, { path }) =>
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
    own.names = { 'bad.example': [[v4('10.0.0.1')]], 'mixed.example': [[HERE, v4('10.0.0.1')]] };
    for (const status of [301, 302, 303, 307, 308]) {
      to(target, status);
      await expect(own.guarded()(own.at('127.0.0.1', '/from'))).rejects.toMatchObject(FORBIDDEN);
    }
    expect(own.seen.map(({ path }) => path)).toEqual(Array(5).fill('/from'));
  });

  test('to a redirect to a bad address is refused', async () => {
    own.answer = (response, { path }) =>
      void response.writeHead(307, { location: path === '/from' ? '/next' : 'http://169.254.169.254/' }).end();
    await expect(own.guarded()(own.at('127.0.0.1', '/from'))).rejects.toMatchObject(FORBIDDEN);
    expect(own.seen.map(({ path }) => path)).toEqual(['/from', '/next']);
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
    own.answer = (response) => void response.writeHead(302).end('stay');
    expect((await own.guarded()(own.at('127.0.0.1'))).status).toBe(302);
    own.answer = (response) => void response.writeHead(300, { location: 'http://10.0.0.1/' }).end('choose');
    expect((await own.guarded()(own.at('127.0.0.1'))).status).toBe(300);
  });

  test('to what is no URL is a failed connection', async () => {
    to('http://[');
    await expect(own.guarded()(own.at('127.0.0.1', '/from'))).rejects.toMatchObject(CONNECTION);
  });

  test('is the business of the caller who says so', async () => {
    to('/next');
    const manual = await own.guarded()(own.at('127.0.0.1', '/from'), { redirect: 'manual' });
    expect([manual.status, manual.headers.get('location')]).toEqual([302, '/next']);
    await expect(own.guarded()(own.at('127.0.0.1', '/from'), { redirect: 'error' })).rejects.toMatchObject(CONNECTION);
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
      'mcp-method': 'tools/call',
      'mcp-name': 'any',
      'mcp-param-region': 'north',
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
    const type = then === 'GET' ? 'text/plain' : 'application/json';
    const headers = { ...message.headers, 'content-type': type };
    const response = await own.guarded()(own.at('127.0.0.1', '/from'), { headers, method, body });
    expect([response.url, response.redirected]).toEqual([own.at('127.0.0.1', '/next'), true]);
    expect(await response.text()).toBe('there');
    const next = own.seen[1];
    expect(next).toMatchObject({ method: then, body: then === 'POST' ? message.body : '' });
    expect(next?.headers).toMatchObject({ authorization: 'Bearer secret', 'mcp-session-id': 'secret' });
    expect(next?.headers['content-type']).toBe(then === 'GET' ? undefined : 'application/json');
  });

  test.each([301, 302, 303])('with status %d is told, and does not make of a message a GET', async (status) => {
    to('/next?with=query', status);
    await expect(own.guarded()(own.at('127.0.0.1', '/from'), message)).rejects.toMatchObject({
      ...CONNECTION,
      details: { serverStatus: status, redirectedTo: own.at('127.0.0.1', '/next') },
    });
    expect(own.seen.map(({ path }) => path)).toEqual(['/from']);
  });

  test('to another origin carries the message and nothing that says who sends it', async () => {
    to(own.other.url, 307);
    expect(await (await own.guarded()(own.at('127.0.0.1', '/from'), message)).text()).toBe('there');
    expect(own.seen[1]).toMatchObject({ method: 'POST', path: '/mcp', body: message.body });
    expect(own.seen[1]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
      'mcp-method': 'tools/call',
      'mcp-name': 'any',
      'mcp-param-region': 'north',
    });
    expect(JSON.stringify(own.seen[0]?.headers)).toContain('secret');
    expect(JSON.stringify(own.seen[1]?.headers)).not.toContain('secret');
  });

  test('to another origin does not carry a form, which has a secret in it', async () => {
    to(own.other.url, 307);
    const body = new URLSearchParams({ client_secret: 'secret' });
    await expect(own.guarded()(own.at('127.0.0.1', '/from'), { method: 'POST', body })).rejects.toMatchObject(
      CONNECTION,
    );
    expect(own.seen.map(({ body }) => body)).toEqual(['client_secret=secret']);
  });

  test('and another are followed, and not one more than 5', async () => {
    own.answer = (response, { path }) => {
      const left = Number(path.slice(1));
      void (left === 0 ? response.end('there') : response.writeHead(302, { location: `/${left - 1}` }).end());
    };
    expect(await (await own.guarded()(own.at('127.0.0.1', '/5'))).text()).toBe('there');
    await expect(own.guarded()(own.at('127.0.0.1', '/6'))).rejects.toMatchObject(CONNECTION);
  });
});
