import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { servedRoutes } from '../../lib/api/routes.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { createSession, startServer, type LocalServer, type SessionInfo } from './local-server.ts';

const LONG = 120_000;
const ADA = { 'x-user-id': 'ada', 'x-org-id': 'workshop' };
const OPERATOR = { ...ADA, 'x-role': 'operator' };
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const methodsOf = (path: string) => servedRoutes.filter((route) => route.path === path).map(({ method }) => method);
const INVOKE = '/2015-03-31/functions/records/invocations';

describe('answers over HTTP on one machine', () => {
  let stack: TestStack;
  let server: LocalServer;
  let session: SessionInfo;
  beforeAll(async () => {
    stack = await newStack();
    server = await startServer(stack.env);
    session = await createSession(server);
  }, LONG);
  afterAll(async () => {
    await server?.stop();
    await stack?.close();
  });

  const ask = (method: string, path: string, headers: Record<string, string> = ADA, body: string | null = null) =>
    fetch(`${server.url}${path}`, { method, headers, body, signal: AbortSignal.timeout(30_000) });

  const paths: [string, string[]][] = [...new Set(servedRoutes.map(({ path }) => path))].map((path) => [
    path,
    methodsOf(path),
  ]);
  test.each([...paths, ['/docs', ['GET', 'HEAD']], ['/events', ['GET', 'HEAD']], [INVOKE, ['POST']]] as typeof paths)(
    'a method that %s does not have was 404, and is 405 with Allow',
    async (path, methods) => {
      const allow = [...methods].sort();
      for (const method of METHODS.filter((one) => !methods.includes(one))) {
        const answer = await ask(method, path.replaceAll(/\{\w+\}/g, 'x'));
        expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allow.join(', ')]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        if (method !== 'HEAD')
          expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405, allow });
      }
    },
  );

  test.each(['/health', '/openapi.json', '/usage', '/sessions', '/docs', '/docs/start.js'])(
    'HEAD %s was 404, and is answered as GET, without a body',
    async (path) => {
      const [get, head] = [await ask('GET', path), await ask('HEAD', path)];
      const length = String(Buffer.from(await get.arrayBuffer()).length);
      expect([head.status, head.headers.get('content-type')]).toEqual([200, get.headers.get('content-type')]);
      expect(head.headers.get('content-length')).toBe(length);
      expect(await head.text()).toBe('');
    },
  );

  test('HEAD of the events says who may read them, and is over', async () => {
    expect((await ask('HEAD', '/events')).status).toBe(403);
    const head = await ask('HEAD', '/events', OPERATOR);
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  test('HEAD of a file says what it is, whatever its size', async () => {
    const path = `/sessions/${session.id}/files?path=a`;
    const etag = (await ask('PUT', path, ADA, '0123456789')).headers.get('etag') ?? '';
    const head = await ask('HEAD', path);
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      etag,
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      'last-modified': expect.stringMatching(/ GMT$/),
    });
    expect((await ask('HEAD', path, { ...ADA, 'if-none-match': etag })).status).toBe(304);
    const refused = await ask('HEAD', path.replace('path=a', 'path=none'));
    expect([refused.status, refused.headers.get('error-code')]).toEqual([404, 'FILE_NOT_FOUND']);
  });

  test('a refusal for want of a caller says how to be one, and nobody keeps it', async () => {
    for (const path of ['/usage', '/events']) {
      const answer = await ask('GET', path, {});
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([401, 'no-store']);
      expect(answer.headers.get('www-authenticate')).toContain('x-user-id');
    }
    expect((await ask('GET', '/usage')).headers.get('cache-control')).toBe('no-store');
  });
});
