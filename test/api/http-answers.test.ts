import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operations } from '../../lib/api/operations.ts';
import { routeKey, routes, servedRoutes } from '../../lib/api/routes.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { parsed, send, type EventParts } from './lambda-events.ts';

const ADA = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
const gets = servedRoutes.filter(({ method }) => method === 'GET');
const OF_HEAD = ['content-length', 'error-code', 'request-id'];
const FILES = '/sessions/{sessionId}/files';

describe('answers of the HTTP door', () => {
  let stack: TestStack;
  let sessionId: string;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
    ({ id: sessionId } = await stack.manager.createSession('ada', 'acme'));
    await stack.manager.session(sessionId).files.write('a', Buffer.from('0123456789'));
    await stack.manager.prompts.put({ scope: 'global', promptId: 'tone' }, { content: 'Be kind.' });
  });
  afterAll(() => stack.close());

  const places = () => ({ sessionId, clientId: 'tools', scope: 'global', promptId: 'tone' });
  const ask = (key: string, parts: EventParts = {}) =>
    send(stack, key, {
      pathParameters: Object.fromEntries(Object.entries(places()).filter(([name]) => key.includes(`{${name}}`))),
      ...parts,
      headers: { ...ADA, 'x-role': 'operator', ...parts.headers },
    });
  const atFile = (headers = {}, path = 'a') => ({ headers, queryStringParameters: { path } });

  test('there is HEAD wherever there is GET, and nowhere else', () => {
    const heads = servedRoutes.filter(({ method }) => method === 'HEAD');
    expect(heads.map(({ path }) => path).sort()).toEqual(gets.map(({ path }) => path).sort());
    expect(new Set(servedRoutes.map(routeKey)).size).toBe(servedRoutes.length);
    expect(servedRoutes.length).toBeGreaterThan(routes.length);
  });

  test.each(gets.filter(({ path }) => path !== FILES).map((route) => [route.path, route.operation] as const))(
    'HEAD %s was no route, and is answered as GET, without a body',
    async (path) => {
      const [get, head] = [await ask(`GET ${path}`), await ask(`HEAD ${path}`)];
      const { 'content-length': length, 'error-code': code } = head.headers ?? {};
      const headers = Object.fromEntries(
        Object.entries(head.headers ?? {}).filter(([name]) => !OF_HEAD.includes(name)),
      );
      expect({ ...head, headers }).toEqual({ statusCode: get.statusCode, headers: get.headers });
      expect(Math.abs(Number(length) - Buffer.byteLength(get.body ?? ''))).toBeLessThan(5);
      expect(code).toBe(parsed(get).code);
    },
  );

  test('HEAD of a file says what it is without reading it', async () => {
    const get = await ask(`GET ${FILES}`, atFile());
    const head = await ask(`HEAD ${FILES}`, atFile());
    expect(head).toEqual({
      statusCode: 200,
      headers: { ...get.headers, 'content-length': '10', 'file-mode': '600' },
    });
    expect(head.headers).toMatchObject({ 'accept-ranges': 'bytes', 'last-modified': expect.stringMatching(/ GMT$/) });
    const etag = String(get.headers?.etag);
    const known = await ask(`HEAD ${FILES}`, atFile({ 'if-none-match': etag }));
    expect(known).toMatchObject({ statusCode: 304, headers: { etag } });
    expect(known.headers).not.toHaveProperty('content-length');
    const refused = await ask(`HEAD ${FILES}`, atFile({}, 'none'));
    expect(refused).toMatchObject({ statusCode: 404, headers: { 'error-code': 'FILE_NOT_FOUND' } });
    expect(refused).not.toHaveProperty('body');
  });

  test('a refusal for want of a caller says how to be one', async () => {
    const nobody = await send(stack, 'GET /usage');
    expect(nobody).toMatchObject({
      statusCode: 401,
      headers: { 'www-authenticate': expect.stringMatching(/x-user-id/) },
    });
    const withTokens = { ...stack, config: { ...stack.config, authMode: 'jwt' as const } };
    const answer = await send(withTokens, 'GET /usage');
    expect(answer).toMatchObject({ statusCode: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  test('a browser may keep a file, and asks again', async () => {
    for (const headers of [{}, { range: 'bytes=0-1' }]) {
      expect((await ask(`GET ${FILES}`, atFile(headers))).headers).toMatchObject({
        'cache-control': 'private, no-cache',
      });
    }
  });

  // The last one: it ends the session.
  test.each(routes.map((route) => [routeKey(route), route.operation] as const))(
    'of %s nobody on the way keeps what belongs to a caller',
    async (key, operation) => {
      const { statusCode = 0, headers } = await ask(key, { queryStringParameters: {} });
      const isOpen = operations[operation].access === 'anyone';
      expect([statusCode, headers?.['cache-control']]).toEqual([statusCode, isOpen ? undefined : 'no-store']);
    },
  );
});
