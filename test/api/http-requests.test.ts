import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import { routeKey, routes } from '../../lib/api/routes.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { parsed, send, type EventParts } from './lambda-events.ts';

const ADA = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
const LISTS = ['if-match', 'if-none-match', 'range', 'if-range'];

/** An answer to HEAD has its code in a header, and nothing of what is wrong. */
const refusalOf = (answer: HttpResult, path: string) =>
  answer.body === undefined ? { code: answer.headers?.['error-code'], errors: [{ path }] } : parsed(answer);

/** What a gateway's events say of requests that say something twice, or in bytes that are no text. */
describe('requests as the HTTP door reads them', () => {
  let stack: TestStack;
  let sessionId: string;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
    sessionId = (await stack.manager.createSession('ada', 'acme')).id;
  });
  afterAll(() => stack.close());

  const places = () => ({ sessionId, clientId: 'tools', scope: 'user', promptId: 'tone' });
  const ask = (key: string, parts: EventParts = {}) =>
    send(stack, key, {
      pathParameters: Object.fromEntries(Object.entries(places()).filter(([name]) => key.includes(`{${name}}`))),
      ...parts,
      headers: { ...ADA, 'x-role': 'operator', ...parts.headers },
    });
  const FILES = '/sessions/{sessionId}/files';

  const parameters = routes.flatMap((route) => Object.keys(route.query ?? {}).map((name) => [routeKey(route), name]));
  test.each(parameters)('%s with %s twice was one value of both: 400', async (key = '', name = '') => {
    const twice = { rawQueryString: `${name}=a&${name}=b`, queryStringParameters: { [name]: 'a,b' } };
    expect(refusalOf(await ask(key, twice), name)).toMatchObject({ code: 'VALIDATION', errors: [{ path: name }] });
    const same = { rawQueryString: `${name}=1&${name}=1`, queryStringParameters: { [name]: '1,1' } };
    expect(refusalOf(await ask(key, same), name)).toMatchObject({ code: 'VALIDATION', errors: [{ path: name }] });
  });

  test('a name that is percent-encoded is the same name', async () => {
    const rawQueryString = 'path=a&p%61th=b';
    expect(parsed(await ask(`PUT ${FILES}`, { rawQueryString }))).toMatchObject({ errors: [{ path: 'path' }] });
  });

  const headers = routes.flatMap((route) =>
    Object.values(route.headers ?? {})
      .filter((name) => !LISTS.includes(name))
      .map((name) => [routeKey(route), name]),
  );
  test.each(headers)('%s with the header %s twice was one value of both: 400', async (key = '', name = '') => {
    const answer = parsed(
      await ask(key, {
        headers: { [name]: 'a,b' },
        ...(key.includes('files') && { queryStringParameters: { path: 'x' } }),
      }),
    );
    expect(answer).toMatchObject({ code: 'VALIDATION', errors: [{ path: name }] });
  });

  test('a comma in quotes is no second value', async () => {
    expect((await ask('POST /sessions', { headers: { 'idempotency-key': '"a,b"' } })).statusCode).toBe(201);
  });

  test.each(['x-user-id', 'x-org-id', 'x-role'])('%s twice was a third user: 400', async (name) => {
    const answer = parsed(await ask('GET /usage', { headers: { [name]: 'ada,bob' } }));
    expect(answer).toMatchObject({ code: 'VALIDATION', errors: [{ path: name }] });
  });

  test('a comma that is percent-encoded is part of an id', async () => {
    const created = await ask('POST /sessions', { headers: { 'x-user-id': 'ada%2Cbob' } });
    expect(parsed(created)).toMatchObject({ userId: 'ada,bob' });
  });

  test('lists of tags may be sent in several headers', async () => {
    const put = await ask(`PUT ${FILES}`, { queryStringParameters: { path: 'listed' }, body: 'abc' });
    const etag = String(put.headers?.etag);
    const headers = { 'if-match': `"a",${etag}` };
    const read = await ask(`GET ${FILES}`, { queryStringParameters: { path: 'listed' }, headers });
    expect(read.statusCode).toBe(200);
  });

  test.each(['x%ff', 'x%fe', '%ED%A0%80', '%C0%AF', '%zz', '100%', 'x\u00e9'])(
    'the path %s, which is no UTF-8, was a name that others have too: 400',
    async (path) => {
      for (const method of ['PUT', 'GET', 'DELETE']) {
        const answer = await ask(`${method} ${FILES}`, { rawQueryString: `path=${path}` });
        expect(parsed(answer)).toMatchObject({ code: 'VALIDATION', errors: [{ path: 'path' }] });
      }
    },
  );

  test.each([
    ['a%20b+c%2Bd', 'a b c+d'],
    ['%F0%9F%A6%8A', '🦊'],
    ['a=b', 'a=b'],
    ['a%2Cb', 'a,b'],
    ['%EF%BF%BD', '\uFFFD'],
  ])('the path %s is the name %j', async (sent, name) => {
    expect((await ask(`PUT ${FILES}`, { rawQueryString: `path=${sent}` })).statusCode).toBe(201);
    const { entries } = await stack.manager.session(sessionId).files.list('', 1000);
    expect(entries.map((entry) => entry.name)).toContain(name);
  });

  const bodied = routes.filter(({ body, rawBody }) => body ?? rawBody).map((route) => [routeKey(route)]);
  test.each(bodied)('%s with a Content-Encoding was stored, or called "not JSON": 415', async (key = '') => {
    const sent = { body: 'H4sI', isBase64Encoded: true };
    for (const encoding of ['gzip', 'br', 'GZIP', 'gzip,identity', 'aws-chunked']) {
      const answer = await ask(key, { ...sent, headers: { 'content-encoding': encoding } });
      expect(answer).toMatchObject({ statusCode: 415, headers: { 'accept-encoding': 'identity' } });
      expect(parsed(answer)).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
  });

  test('the encoding "identity" is none', async () => {
    const headers = { 'content-encoding': 'identity' };
    expect((await ask('POST /sessions', { headers, body: '{}' })).statusCode).toBe(201);
  });

  test.each([true, false])('a byte order mark before JSON was "not JSON" (in base64: %s)', async (isBase64Encoded) => {
    const text = '\uFEFF{"metadata":{"a":"b"}}';
    const body = isBase64Encoded ? Buffer.from(text).toString('base64') : text;
    expect(parsed(await ask('POST /sessions', { body, isBase64Encoded }))).toMatchObject({ metadata: { a: 'b' } });
    const nothing = isBase64Encoded ? Buffer.from('\uFEFF').toString('base64') : '\uFEFF';
    expect((await ask('POST /sessions', { body: nothing, isBase64Encoded })).statusCode).toBe(201);
  });

  test('JSON that is no UTF-8 was stored with other letters in it: 400', async () => {
    const bytes = Buffer.concat([Buffer.from('{"metadata":{"a":"'), Buffer.from([0xff]), Buffer.from('"}}')]);
    const answer = await ask('POST /sessions', { body: bytes.toString('base64'), isBase64Encoded: true });
    expect(parsed(answer)).toMatchObject({ status: 400, code: 'VALIDATION' });
  });

  test('a content type said twice is 400', async () => {
    const twice = { headers: { 'content-type': 'application/json,text/plain' }, body: '{}' };
    expect(parsed(await ask('POST /sessions', twice))).toMatchObject({ errors: [{ path: 'content-type' }] });
  });

  test('a replacement character is taken where the bytes are known', async () => {
    const body = Buffer.from('a\uFFFDb').toString('base64');
    const put = await ask(`PUT ${FILES}`, { queryStringParameters: { path: 'fffd' }, body, isBase64Encoded: true });
    expect(put.statusCode).toBe(201);
  });
});
