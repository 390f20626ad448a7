import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../lib/configuration.ts';
import { verifierFor } from '../../../local/jwt/verifier-for.ts';
import { ask, launch, startServer, type LocalServer } from '../local-server.ts';
import { OWN_DATABASE } from '../../setup/own-database.ts';
import { AUDIENCE, TokenIssuer } from './token-issuer.ts';

const LONG = 60_000;

describe('one machine that verifies tokens', () => {
  let issuer: TokenIssuer;
  let server: LocalServer;
  beforeAll(async () => {
    issuer = await TokenIssuer.start();
    server = await startServer({
      ...OWN_DATABASE,
      DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
      TABLE_NAME: `jwt-${process.pid}`,
      AUTH_MODE: 'jwt',
      JWT_ISSUER: issuer.url,
      JWT_AUDIENCE: `others, ${AUDIENCE}`,
    });
  }, LONG);
  afterAll(async () => {
    await server.stop();
    issuer.stop();
  });

  const bearer = async (claims = {}) => ({ authorization: `Bearer ${await issuer.token(claims)}` });

  test('asks nobody for keys at the start, and serves what needs no caller', async () => {
    expect((await ask(server, 'GET', '/health')).status).toBe(200);
    expect((await ask(server, 'GET', '/openapi.json')).status).toBe(200);
    expect(issuer.asked).toEqual([]);
  });

  test('refuses a request without a token, whatever identity headers it has, as the gateway does', async () => {
    for (const route of ['/sessions', '/events']) {
      const response = await fetch(`${server.url}${route}`, {
        headers: { 'x-user-id': 'ada', 'x-org-id': 'workshop', 'x-role': 'operator' },
      });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toEqual({ message: 'Unauthorized' });
    }
    expect((await ask(server, 'GET', '/usage', { headers: await bearer({ aud: 'somebody' }) })).status).toBe(401);
  });

  test('knows who is calling by the token’s claims', async () => {
    const created = await ask(server, 'POST', '/sessions', { body: {}, headers: await bearer() });
    expect(created).toMatchObject({ status: 201, body: { userId: 'ada', orgId: 'workshop' } });
    const { id } = created.body as { id: string };
    const get = async (claims: object) =>
      (await ask(server, 'GET', `/sessions/${id}`, { headers: await bearer(claims) })).status;
    expect(await get({})).toBe(200);
    expect(await get({ sub: 'eve' })).toBe(404);
    expect(await get({ sub: 'eve', role: ['reader', 'admin'] })).toBe(200);
    expect(await get({ sub: ['ada'] })).toBe(401);
    const events = async (role: string) =>
      (await fetch(`${server.url}/events`, { method: 'HEAD', headers: await bearer({ role }) })).status;
    expect([await events('operator'), await events('admin')]).toEqual([200, 403]);
  });

  test('knows the agent of a session by a session token, which is no token of the issuer', async () => {
    const owner = await bearer();
    const { body: session } = await ask(server, 'POST', '/sessions', { body: {}, headers: owner });
    const { id } = session as { id: string };
    const created = await ask(server, 'POST', `/sessions/${id}/tokens`, { body: {}, headers: owner });
    expect(created.status).toBe(201);
    const agent = { authorization: `Bearer ${(created.body as { token: string }).token}` };
    expect(await ask(server, 'GET', '/agent/session', { headers: agent })).toMatchObject({ status: 200, body: { id } });
    for (const [path, headers] of [
      ['/agent/session', owner],
      ['/agent/session', { 'x-user-id': 'ada', 'x-org-id': 'workshop', 'x-role': 'operator' }],
      [`/sessions/${id}`, agent],
      ['/sessions', agent],
      ['/events', agent],
    ] as [string, Record<string, string>][]) {
      const response = await fetch(`${server.url}${path}`, { headers });
      expect([path, response.status]).toEqual([path, 401]);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });

  test('takes the claims of an event that is invoked for verified, as on AWS', async () => {
    const claims = { sub: 'ada', org_id: 'workshop' };
    const event = {
      version: '2.0',
      routeKey: 'GET /usage',
      headers: {},
      isBase64Encoded: false,
      requestContext: { requestId: 'r', http: { sourceIp: '127.0.0.1' }, authorizer: { jwt: { claims } } },
    };
    const { body } = await ask(server, 'POST', '/2015-03-31/functions/records/invocations', { body: event });
    expect(body).toMatchObject({ statusCode: 200 });
  });

  test('does not start without an issuer, and says so before anything is started', async () => {
    const program = await launch({ AUTH_MODE: 'jwt', JWT_AUDIENCE: AUDIENCE });
    expect(await program.untilExit(LONG)).toEqual({ code: 1, signal: null });
    expect(program.output()).toMatch(/^AUTH_MODE=jwt needs JWT_ISSUER.*JWT_AUDIENCE.*\.\n$/);
  });
});

test.each([
  { JWT_ISSUER: 'https://example.com' },
  { JWT_AUDIENCE: AUDIENCE },
  { JWT_ISSUER: 'https://a.b', JWT_AUDIENCE: ' ,' },
])('tokens are not verified by halves: %j', (env) => {
  expect(() => verifierFor(readConfig({ AUTH_MODE: 'jwt', ...(env as object) }))).toThrow(
    /needs JWT_ISSUER.*JWT_AUDIENCE/,
  );
  expect(verifierFor(readConfig({ ...(env as object) }))).toBeUndefined();
});
