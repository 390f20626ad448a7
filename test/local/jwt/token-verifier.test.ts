import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { TokenRefused, TokenVerifier } from '../../../local/jwt/token-verifier.ts';
import { AUDIENCE, TokenIssuer } from './token-issuer.ts';

const DISCOVERY = '/.well-known/openid-configuration';
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

let issuer: TokenIssuer;
let verifier: TokenVerifier;
let said: jest.SpiedFunction<typeof console.error>;
beforeAll(async () => {
  issuer = await TokenIssuer.start();
  await issuer.addKey('unknown', 'RS256', { published: false });
  await issuer.addKey('curve', 'ES256');
  await issuer.addKey('pss', 'PS256');
  await issuer.addKey('rs512', 'RS512');
});
afterAll(() => issuer.stop());
beforeEach(() => {
  verifier = newVerifier();
  issuer.asked.length = 0;
  issuer.answers.clear();
  said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
});

const newVerifier = (times = {}) => new TokenVerifier({ issuer: issuer.url, audiences: ['others', AUDIENCE] }, times);

async function refusal(authorization: string | undefined, by = verifier): Promise<string> {
  const thrown: unknown = await by.claimsOf(authorization).catch((refused: unknown) => refused);
  expect(thrown).toBeInstanceOf(TokenRefused);
  const { answer } = thrown as TokenRefused;
  expect(answer).toMatchObject({ statusCode: 401, body: '{"message":"Unauthorized"}' });
  return String(answer.headers?.['www-authenticate']);
}

/** A token whose parts are put together by hand. */
const forged = (header: object, signature = '') =>
  `${base64(header)}.${base64({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', exp: inSeconds(600) })}${signature}`;

describe('a good token', () => {
  test('has its claims passed on as texts, as the gateway does', async () => {
    const claims = { admin: true, level: 3, roles: ['a', 'b'], address: { zip: 'x', city: ['y'] }, none: null };
    expect(await verifier.claimsOf(`Bearer ${await issuer.token(claims)}`)).toMatchObject({
      sub: 'ada',
      org_id: 'workshop',
      exp: expect.stringMatching(/^\d+$/),
      admin: 'true',
      level: '3',
      roles: '[a b]',
      address: 'map[city:[y] zip:x]',
      none: '<nil>',
    });
  });

  test.each([
    ['without the word Bearer', {}, (token: string) => token],
    ['with the word in small letters', {}, (token: string) => `bearer ${token}`],
    ['for several audiences', { aud: ['x', AUDIENCE] }, (token: string) => `Bearer ${token}`],
    ['whose client is the audience', { aud: undefined, client_id: AUDIENCE }, (token: string) => `Bearer ${token}`],
    ['with no time but its end', { iat: undefined }, (token: string) => `Bearer ${token}`],
  ])('is taken %s', async (_, claims, header) => {
    expect(await verifier.claimsOf(header(await issuer.token(claims)))).toMatchObject({ sub: 'ada' });
  });

  test('may be signed by any of the gateway’s algorithms', async () => {
    expect(await verifier.claimsOf(await issuer.token({}, { kid: 'rs512', alg: 'RS512' }))).toMatchObject({
      sub: 'ada',
    });
  });
});

describe('a token is refused', () => {
  test.each([
    ['that has expired', { exp: inSeconds(-1) }, 'the token has expired'],
    ['without an end', { exp: undefined }, 'exp'],
    ['that is not valid yet', { nbf: inSeconds(60) }, 'nbf'],
    ['that is issued in the future', { iat: inSeconds(60) }, 'iat'],
    ['of another issuer', { iss: 'https://example.com' }, 'iss'],
    ['of no issuer', { iss: undefined }, 'iss'],
    ['for another audience', { aud: 'somebody' }, 'invalid audience'],
    ['for another audience, whoever the client is', { aud: 'somebody', client_id: AUDIENCE }, 'invalid audience'],
    ['for nobody', { aud: undefined }, 'invalid audience'],
    ['for another client', { aud: undefined, client_id: 'somebody' }, 'invalid audience'],
  ])('%s', async (_, claims, reason) => {
    expect(await refusal(`Bearer ${await issuer.token(claims)}`)).toMatch(
      new RegExp(`^Bearer error="invalid_token" error_description="[^"]*${reason}[^"]*"$`),
    );
  });

  test.each([
    ['a curve', 'curve', 'ES256'],
    ['RSA-PSS', 'pss', 'PS256'],
  ])('that is signed with %s, without a request for keys', async (_, kid, alg) => {
    expect(await refusal(await issuer.token({}, { kid, alg }))).toContain('invalid_token');
    expect(issuer.asked).toEqual([]);
  });

  test('that is not signed, or with the public key as a secret', async () => {
    const hmac = forged({ alg: 'HS256', kid: 'first' });
    const signature = createHmac(
      'sha256',
      JSON.stringify(await exportJWK((await generateKeyPair('RS256', { extractable: true })).publicKey)),
    )
      .update(hmac)
      .digest('base64url');
    expect(await refusal(`${hmac}.${signature}`)).toContain('invalid_token');
    expect(await refusal(forged({ alg: 'none', kid: 'first' }, '.'))).toContain('invalid_token');
    expect(issuer.asked).toEqual([]);
  });

  test('whose content or signature is not the issuer’s', async () => {
    const [header, payload, signature] = (await issuer.token()).split('.');
    const [, other] = (await issuer.token({ sub: 'eve' })).split('.');
    expect(await refusal(`${header}.${other}.${signature}`)).toContain('invalid_token');
    expect(await refusal(`${header}.${payload}.`)).toContain('invalid_token');
    expect(await refusal(`${forged({ alg: 'RS256' })}.${signature}`)).toContain('names no key');
  });

  test.each([undefined, '', 'Bearer', 'Bearer  '])('that is none: %j', async (header) => {
    expect(await refusal(header)).toBe('Bearer');
  });

  test.each(['nonsense', 'Bearer a.b.c', 'Basic YTpi', 'Bearer é"\\', `Bearer ${'x'.repeat(9_000)}`])(
    'that cannot be read: %s',
    async (header) => {
      expect(await refusal(header)).toMatch(/^Bearer error="invalid_token" error_description="[ -~]+"$/);
      expect(issuer.asked).toEqual([]);
    },
  );
});

describe('the issuer’s keys', () => {
  test('are fetched with the first token, once for all that come at the same time, and kept', async () => {
    expect(issuer.asked).toEqual([]);
    const token = await issuer.token();
    await Promise.all(Array.from({ length: 8 }, () => verifier.claimsOf(token)));
    await verifier.claimsOf(token);
    expect(issuer.asked).toEqual([DISCOVERY, '/keys']);
  });

  test('are fetched again for a key that is not known, and not for each such token', async () => {
    const patient = newVerifier({ cooldownMs: 0 });
    await patient.claimsOf(await issuer.token());
    await issuer.addKey('second', 'RS256');
    expect(await patient.claimsOf(await issuer.token({}, { kid: 'second' }))).toMatchObject({ sub: 'ada' });
    expect(issuer.asked).toEqual([DISCOVERY, '/keys', '/keys']);

    await verifier.claimsOf(await issuer.token());
    issuer.asked.length = 0;
    const unknown = await issuer.token({}, { kid: 'unknown' });
    for (let time = 0; time < 3; time++) expect(await refusal(unknown)).toContain('invalid_token');
    expect(issuer.asked).toEqual([]);
  });

  const FAULTS: [string, string, Parameters<TokenIssuer['answers']['set']>[1]][] = [
    ['fails', DISCOVERY, (response) => response.writeHead(503).end()],
    ['names no keys', DISCOVERY, (response) => response.end('{}')],
    ['answers null', DISCOVERY, (response) => response.end('null')],
    ['has keys in a file', DISCOVERY, (response) => response.end('{"jwks_uri":"file:///etc/passwd"}')],
    ['leads elsewhere', DISCOVERY, (response) => response.writeHead(302, { location: '/keys' }).end()],
    ['has no such keys', '/keys', (response) => response.writeHead(404).end()],
    ['has nonsense for keys', '/keys', (response) => response.end('<html>')],
    ['sends keys without an end', '/keys', (response) => response.writeHead(200).end(Buffer.alloc(3_000_000, ' '))],
    ['never answers', '/keys', (response) => response.writeHead(200).write('{')],
  ];
  test.each(FAULTS)('are missing where the issuer %s, and fetched with a later token', async (_, path, answer) => {
    const hasty = newVerifier({ fetchMs: 300 });
    const token = await issuer.token();
    issuer.answers.set(path, answer);
    expect(await refusal(token, hasty)).toContain('OIDC discovery endpoint communication error');
    expect(said).toHaveBeenCalledWith(expect.stringContaining(`The keys of ${issuer.url} cannot be fetched: `));
    issuer.answers.clear();
    expect(await hasty.claimsOf(token)).toMatchObject({ sub: 'ada' });
  });

  test('are missing where the issuer is down', async () => {
    const away = new TokenVerifier({ issuer: 'http://127.0.0.1:9/', audiences: [AUDIENCE] });
    expect(await refusal(await issuer.token(), away)).toContain('OIDC discovery endpoint communication error');
  });
});
