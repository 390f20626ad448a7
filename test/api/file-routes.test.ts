import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { parsed, send } from './lambda-events.ts';

const OF_FILES = {
  'accept-ranges': 'bytes',
  'cache-control': 'private, no-cache',
  'last-modified': expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
};
const ADA = { 'x-user-id': 'ada', 'x-org-id': 'acme' };

describe('files over the HTTP door', () => {
  let stack: TestStack;
  let sessionId: string;
  beforeAll(async () => {
    stack = await newStack();
    sessionId = (await stack.manager.createSession('ada', 'acme')).id;
  });
  afterAll(() => stack.close());

  const ask = (routeKey: string, query: Record<string, string>, more: object = {}, headers = {}) =>
    send(stack, `${routeKey.replace(' ', ' /sessions/{sessionId}/')}`, {
      pathParameters: { sessionId },
      queryStringParameters: query,
      headers: { ...ADA, ...headers },
      ...more,
    });
  const put = (path: string, body: string | undefined, isBase64Encoded = false, headers = {}) =>
    ask('PUT files', { path }, { body, isBase64Encoded }, headers);

  test('a file travels as bytes, with its tag, and is no page of ours', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]).toString('base64');
    const created = await put('a.html', bytes, true);
    expect(created.statusCode).toBe(201);
    const { etag } = created.headers as { etag: string };
    const read = await ask('GET files', { path: 'a.html' });
    expect(read).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff', etag, ...OF_FILES },
      body: bytes,
      isBase64Encoded: true,
    });
    expect(await ask('GET files', { path: 'a.html' }, {}, { 'if-none-match': etag })).toEqual({
      statusCode: 304,
      headers: { etag, ...OF_FILES },
    });
    const part = await ask('GET files', { path: 'a.html' }, {}, { range: 'bytes=1-2' });
    expect(part).toMatchObject({ statusCode: 206, headers: { 'content-range': 'bytes 1-2/4', etag } });
    const replaced = await put('a.html', bytes, true);
    expect(replaced.statusCode).toBe(204);
    expect(replaced.body).toBeUndefined();
    expect(replaced.headers?.etag).not.toBe(etag);
  });

  test.each([
    ['text that the gateway did not encode', 'Zürich\r\n', false, 'Zürich\r\n'],
    ['JSON, which is not read', '{"a":1', false, '{"a":1'],
    ['nothing', undefined, false, ''],
    ['nothing, encoded', '', true, ''],
  ])('takes %s as it is', async (_what, body, isBase64Encoded, content) => {
    expect([201, 204]).toContain((await put('text', body, isBase64Encoded)).statusCode);
    const read = await ask('GET files', { path: 'text' });
    expect(Buffer.from(read.body ?? '', 'base64').toString()).toBe(content);
  });

  test('refuses bytes that the gateway took for text, since they are lost', async () => {
    const answer = parsed(await put('text', 'a\uFFFDb'));
    expect(answer).toMatchObject({ code: 'VALIDATION', errors: [{ path: 'content-type' }] });
  });

  test.each(['abc', ''])('says with a range that is not in %j how long the file is', async (content) => {
    await put('short', content);
    const answer = await ask('GET files', { path: 'short' }, {}, { range: 'bytes=3-' });
    expect(parsed(answer)).toMatchObject({ status: 416, code: 'RANGE_NOT_SATISFIABLE', size: content.length });
    expect(answer.headers).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'content-range': `bytes */${content.length}`,
    });
  });

  test('a last write that comes again finds the file, and is told its tag', async () => {
    const created = await put('once', 'abc', false, { 'if-none-match': '*' });
    const again = await put('once', 'abc', false, { 'if-none-match': '*' });
    expect(parsed(again)).toMatchObject({ status: 412, etag: created.headers?.etag });
  });

  test('says where a part is to follow', async () => {
    const send = (range: string) => put('parts', 'abc', false, { 'content-range': range, 'upload-id': 'one' });
    const first = await send('bytes 0-2/6');
    expect([first.statusCode, parsed(first)]).toEqual([202, { received: 3, total: 6 }]);
    const gap = await send('bytes 4-6/7');
    expect(parsed(gap)).toMatchObject({ status: 416, code: 'RANGE_NOT_SATISFIABLE', received: 0, total: 7 });
    expect(gap.headers).not.toHaveProperty('content-range');
    expect((await send('bytes 3-5/6')).statusCode).toBe(201);
  });

  test.each([
    ['GET files', {}, 400, 'path'],
    ['PUT files', {}, 400, 'path'],
    ['PUT directories', {}, 400, 'path'],
    ['GET files', { path: 'a', range: 'bytes=0-' }, 400, 'range'],
    ['GET directories', { limit: '0' }, 400, 'limit'],
    ['GET directories', { limit: '1001' }, 400, 'limit'],
    ['GET directories', { limit: 'ten' }, 400, 'limit'],
    ['GET directories', { cursor: '../x' }, 400, 'cursor'],
    ['DELETE directories', { path: 'a', recursive: 'yes' }, 400, 'recursive'],
  ])('%s with %j is refused', async (route, query, status, path) => {
    const answer = await ask(route, query);
    expect(parsed(answer)).toMatchObject({ status, code: 'VALIDATION', errors: [{ path }] });
  });

  test.each([
    ['NOT_A_FILE', 409, () => put('.', 'x')],
    ['FILE_NOT_FOUND', 404, () => ask('GET files', { path: 'none' })],
    ['PATH_OUTSIDE_WORKSPACE', 400, () => ask('GET files', { path: '../x' })],
    ['PRECONDITION_FAILED', 412, () => put('none', 'x', false, { 'if-match': '"x"' })],
    ['RANGE_NOT_SATISFIABLE', 416, () => ask('GET files', { path: 'a.html' }, {}, { range: 'bytes=99-' })],
    ['FILE_TOO_LARGE', 413, () => put('big', 'x'.repeat(4 * 1024 * 1024 + 1))],
  ])('%s is answered with %i', async (code, status, attempt) => {
    const answer = await attempt();
    expect(answer.statusCode).toBe(status);
    expect(parsed(answer)).toMatchObject({ status, code });
  });
});
