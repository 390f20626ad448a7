import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultProvider } from '../../cdk/bundled/environment-credentials.ts';

const REGION = 'eu-central-1';
const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** Signature Version 4, as AWS documents it, of a request to the path `/`. */
function signatureOf({ headers, method }: IncomingMessage, body: string, secret: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, '/', '', canonicalHeaders.join(''), names, sha256(body)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((signed, part) => hmac(signed, part), `AWS4${secret}`);
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  return hmac(key, toSign).toString('hex');
}

interface Seen {
  accessKeyId: string | undefined;
  token: string | undefined;
  scope: string | undefined;
  isSignedWith: (secret: string) => boolean;
}

describe('credentials of the environment', () => {
  const before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { authorization = '', 'x-amz-security-token': token } = request.headers;
      const [, accessKeyId, scope] = /Credential=([^/]+)\/([^,]+),/.exec(authorization) ?? [];
      const [, signature] = /Signature=(\w+)$/.exec(authorization) ?? [];
      const isSignedWith = (secret: string) => signature === signatureOf(request, body, secret);
      seen.push({ accessKeyId, scope, token: token as string | undefined, isSignedWith });
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"TableNames":[]}');
    });
  });
  let client: DynamoDBClient;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asTheFunctions = { credentialDefaultProvider: defaultProvider, cacheMiddleware: true };
    client = new DynamoDBClient({ region: REGION, endpoint, ...asTheFunctions });
    seen.length = 0;
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
    for (const name of NAMES) use({ [name]: before[name] });
  });

  function use(variables: Partial<Record<(typeof NAMES)[number], string | undefined>>) {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }

  test('sign requests, and those that came meanwhile sign the next one', async () => {
    use({ AWS_ACCESS_KEY_ID: 'FIRST', AWS_SECRET_ACCESS_KEY: 'first secret', AWS_SESSION_TOKEN: 'first token' });
    await client.send(new ListTablesCommand({}));
    use({ AWS_ACCESS_KEY_ID: 'SECOND', AWS_SECRET_ACCESS_KEY: 'second secret', AWS_SESSION_TOKEN: 'second token' });
    await client.send(new ListTablesCommand({}));
    const [first, second] = seen as [Seen, Seen];
    expect(first).toMatchObject({ accessKeyId: 'FIRST', token: 'first token' });
    expect(first.scope).toMatch(/^\d{8}\/eu-central-1\/dynamodb\/aws4_request$/);
    expect(first.isSignedWith('first secret')).toBe(true);
    expect(second).toMatchObject({ accessKeyId: 'SECOND', token: 'second token' });
    expect(second.isSignedWith('second secret')).toBe(true);
    expect(second.isSignedWith('first secret')).toBe(false);
  });

  test('may be without a session', async () => {
    use({ AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: undefined });
    await client.send(new ListTablesCommand({}));
    expect(seen[0]).toMatchObject({ accessKeyId: 'KEY', token: undefined });
    expect(seen[0]?.isSignedWith('secret')).toBe(true);
  });

  test('that are missing send nothing', async () => {
    use({ AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: undefined });
    await expect(client.send(new ListTablesCommand({}))).rejects.toThrow('The environment has no AWS credentials.');
    expect(seen).toEqual([]);
  });
});
