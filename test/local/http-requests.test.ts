import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { createSession, startServer, type LocalServer, type SessionInfo } from './local-server.ts';

const LONG = 120_000;
const ADA = { 'x-user-id': 'ada', 'x-org-id': 'workshop' };

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  json: () => Record<string, unknown>;
}

/** What clients send that no library of ours would: over real connections. */
describe('requests over HTTP on one machine', () => {
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

  async function raw(
    method: string,
    target: string,
    headers: Record<string, string | string[]> = {},
    body?: Buffer | string,
  ) {
    const { hostname, port } = new URL(server.url);
    const sent = request({ hostname, port, method, path: target, headers: { ...ADA, ...headers } });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await buffer(response)).toString();
    const json = () => JSON.parse(text) as Record<string, unknown>;
    return { status: response.statusCode ?? 0, headers: response.headers, text, json } satisfies Answer;
  }
  const files = (query: string) => `/sessions/${session.id}/files?${query}`;
  const names = () => readdir(session.workspacePath);

  test.each([
    ['x-user-id', ['ada', 'bob']],
    ['x-org-id', ['workshop', 'other']],
    ['x-role', ['admin', 'operator']],
    ['x-user-id', 'ada, bob'],
  ])('the header %s as %j was somebody else: 400', async (name, value) => {
    const { status, json } = await raw('GET', '/usage', { [name]: value });
    expect([status, json()]).toMatchObject([400, { code: 'VALIDATION', errors: [{ path: name }] }]);
  });

  test('a path said twice wrote the file "a,b": 400', async () => {
    const { status, json } = await raw('PUT', files('path=a&path=b'), {}, 'x');
    expect([status, json()]).toMatchObject([400, { errors: [{ path: 'path' }] }]);
    expect(await names()).not.toContain('a,b');
  });

  test('an idempotency key said twice was a key of its own: 400', async () => {
    const { status, json } = await raw('POST', '/sessions', { 'idempotency-key': ['a', 'b'] });
    expect([status, json()]).toMatchObject([400, { errors: [{ path: 'idempotency-key' }] }]);
  });

  test('a list of tags may be sent in several headers', async () => {
    const { headers } = await raw('PUT', files('path=listed'), {}, 'abc');
    const tags = ['"a"', String(headers.etag)];
    expect((await raw('GET', files('path=listed'), { 'if-match': tags })).status).toBe(200);
    expect((await raw('GET', files('path=listed'), { 'if-none-match': tags })).status).toBe(304);
  });

  test('two names that are no UTF-8 were one file: 400', async () => {
    for (const name of ['x%ff', 'x%fe']) {
      const { status, json } = await raw('PUT', files(`path=${name}`), {}, name);
      expect([status, json()]).toMatchObject([400, { code: 'VALIDATION', errors: [{ path: 'path' }] }]);
    }
    expect(await names()).not.toContain('x\uFFFD');
  });

  test('a compressed body was stored as it was: 415', async () => {
    const sent = await raw('PUT', files('path=zipped'), { 'content-encoding': 'gzip' }, Buffer.from([0x1f, 0x8b, 8]));
    expect([sent.status, sent.json()]).toMatchObject([415, { code: 'UNSUPPORTED_MEDIA_TYPE' }]);
    expect(sent.headers['accept-encoding']).toBe('identity');
    expect(await names()).not.toContain('zipped');
  });

  test('a byte order mark before JSON is passed over, in bodies and in invocations', async () => {
    const created = await raw(
      'POST',
      '/sessions',
      { 'content-type': 'application/json' },
      '\uFEFF{"metadata":{"a":"b"}}',
    );
    expect([created.status, created.json()]).toMatchObject([201, { metadata: { a: 'b' } }]);
    const invocation = '\uFEFF{"operation":"getHealth"}';
    const invoked = await raw('POST', '/2015-03-31/functions/records/invocations', {}, invocation);
    expect([invoked.status, invoked.json()]).toMatchObject([200, { ok: true }]);
  });

  test('an invocation that is no UTF-8 was carried out with other letters in it: 400', async () => {
    const bytes = Buffer.from('{"operation":"getHealth","input":{"a":"\xff"}}', 'latin1');
    expect((await raw('POST', '/2015-03-31/functions/records/invocations', {}, bytes)).status).toBe(400);
  });

  // What API Gateway takes for text; all else it encodes, and the bytes arrive as they are.
  const BYTES = Buffer.from([0xff, 0xfe, 0, 0x80]);
  test.each([
    undefined,
    '',
    'application/x-www-form-urlencoded',
    'application/ld+json',
    'image/svg+xml',
    'application/atom+xml; charset=utf-8',
    'application/jsonl',
    'application/xml-dtd',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('bytes with the content type %j were refused, and are stored', async (type) => {
    const name = `bytes-${String(type).replaceAll(/\W/g, '-')}`;
    const sent = await raw('PUT', files(`path=${name}`), type === undefined ? {} : { 'content-type': type }, BYTES);
    expect(sent.status).toBe(201);
    expect(await readFile(path.join(session.workspacePath, name))).toEqual(BYTES);
  });

  test.each([
    'text/plain',
    'TEXT/HTML; charset=utf-8',
    'Application/JSON',
    'application/javascript',
    'application/XML;a=b',
  ])('bytes that are no text are refused with the content type %j, as API Gateway loses them', async (type) => {
    const { status, json } = await raw('PUT', files('path=lost'), { 'content-type': type }, BYTES);
    expect([status, json()]).toMatchObject([400, { errors: [{ path: 'content-type' }] }]);
  });

  test('a replacement character in a file was refused, and is stored where its bytes are known', async () => {
    const text = 'a\uFFFDb';
    expect((await raw('PUT', files('path=fffd'), {}, text)).status).toBe(201);
    expect(await readFile(path.join(session.workspacePath, 'fffd'), 'utf8')).toBe(text);
  });
});
