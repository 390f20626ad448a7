import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newDirectory } from '../local/local-server.ts';
import { commandLine, type Surroundings } from './run-command-line.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** AWS Signature Version 4 as its documentation has it, over what arrived; `path` is encoded once more. */
function signatureOver({ method, url, headers }: IncomingMessage, body: Buffer, region: string): string {
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const [pathname = '', query = ''] = (url ?? '').split('?');
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const parameters = query.split('&').filter(Boolean).sort().join('&');
  const canonicalPath = pathname.split('/').map(encodeURIComponent).join('/');
  const canonical = [method, canonicalPath, parameters, lines.join(''), signed, hash(body)].join('\n');
  const [date = ''] = scope.split('/');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n');
  const key = [region, 'execute-api', 'aws4_request'].reduce(hmac, hmac(`AWS4${SECRET}`, date));
  return hmac(key, text).toString('hex');
}

describe('who the command line says is calling', () => {
  let server: Server;
  let url: string;
  let received: { request: IncomingMessage; body: Buffer }[] = [];
  /** Status and body; undefined: no answer at all. */
  let answer: [number, string] | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ request, body: Buffer.concat(chunks) });
        if (answer) response.writeHead(answer[0], { location: '/elsewhere' }).end(answer[1]);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close().closeAllConnections());
  beforeEach(() => {
    received = [];
    answer = [200, '{"user":{"active":0,"limit":null}}'];
  });

  const run = (args: string[], more: Surroundings = {}) => commandLine([...args, '--url', `${url}/v1/`], more);

  test('names go percent-encoded, options before the environment', async () => {
    const env = { SESSION_MANAGER_USER: 'nobody', SESSION_MANAGER_ORG: 'acmé corp', SESSION_MANAGER_ROLE: 'admin' };
    expect((await run(['usage', '--user', 'ada'], { env })).code).toBe(0);
    expect(received[0]?.request.url).toBe('/v1/usage');
    expect(received[0]?.request.headers).toMatchObject({
      'x-user-id': 'ada',
      'x-org-id': 'acm%C3%A9%20corp',
      'x-role': 'admin',
    });
  });

  test('a token comes from the environment or a file, and is told to the server alone', async () => {
    const file = path.join(await newDirectory(), 'token');
    await writeFile(file, 'from.a-file\n');
    const env = { SESSION_MANAGER_TOKEN: 'from.the-env' };
    const told = [await run(['usage'], { env }), await run(['usage', '--token-file', file], { env })];
    expect(received.map(({ request }) => request.headers.authorization)).toEqual([
      'Bearer from.the-env',
      'Bearer from.a-file',
    ]);
    answer = [401, '{"message":"Unauthorized"}'];
    told.push(
      await run(['usage'], { env }),
      await run(['usage'], { env: { SESSION_MANAGER_TOKEN: 'from.the-env\nx' } }),
    );
    expect(told.map(({ code }) => code)).toEqual([0, 0, 5, 2]);
    expect(JSON.stringify(told)).not.toContain('from.');
    expect(await run(['usage', '--token', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Unknown argument'),
    });
  });

  test('a signature is that of AWS, over names, query and body', async () => {
    const env = { AWS_REGION: 'eu-central-1' };
    const credentials = {
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: 'session',
    };
    const before = { ...process.env };
    Object.assign(process.env, credentials);
    const as = ['--sigv4', '--user', 'ada', '--org', 'acmé'];
    try {
      answer = [200, '{"sessions":[]}'];
      expect(await run(['list', '--of-user', "a b*'+&=", ...as], { env })).toMatchObject({ code: 0 });
      answer = [201, '{"id":"x","mcpClientIds":[],"metadata":{}}'];
      expect(await run(['create', '--metadata', 'a=ü', ...as], { env })).toMatchObject({ code: 0 });
    } finally {
      for (const name of Object.keys(credentials)) delete process.env[name];
      Object.assign(process.env, before);
    }
    expect(received).toHaveLength(2);
    for (const { request, body } of received) {
      const { authorization = '' } = request.headers;
      expect(authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api\/aws4_request, /,
      );
      for (const name of ['host', 'x-user-id', 'x-org-id', 'x-amz-security-token'])
        expect(authorization).toContain(name);
      expect(authorization).toContain(`Signature=${signatureOver(request, body, 'eu-central-1')}`);
      expect(JSON.stringify(request.rawHeaders)).not.toContain(SECRET);
    }
  });

  test.each([
    ['does not answer', undefined, 6, 'NO_ANSWER'],
    ['redirects', [302, ''] as [number, string], 1, 'UNEXPECTED_ANSWER'],
    ['is something else', [200, '<html>'] as [number, string], 1, 'UNEXPECTED_ANSWER'],
    ['fails in its own way', [502, '<html>'] as [number, string], 1, 'UNEXPECTED_ANSWER'],
    ['has no such route', [404, '{"message":"Not Found"}'] as [number, string], 1, 'NOT_AVAILABLE'],
    ['is too busy', [429, '{"message":"Too Many Requests"}'] as [number, string], 4, 'CONTENTION'],
    ['knows a code that is new', [409, '{"code":"NEW","detail":"x"}'] as [number, string], 1, 'UNEXPECTED_ANSWER'],
  ])('a server that %s is told as that', async (_what, given, exitCode, code) => {
    answer = given;
    const told = await run(['usage', '--timeout', given ? '30' : '0.3']);
    expect(told).toMatchObject({ code: exitCode, stdout: '', stderr: expect.stringMatching(new RegExp(`^${code}: `)) });
  });

  test('events are not told on AWS, and the command line says so', async () => {
    answer = [404, '{"message":"Not Found"}'];
    const told = await run(['watch']);
    expect(told).toMatchObject({
      code: 1,
      stderr: 'NOT_AVAILABLE: The stream of events is not available on this deployment.\n',
    });
  });
});
