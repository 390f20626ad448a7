import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Deployment } from './lambda/deployment.ts';
import { bodyOf, http, START_MS } from './lambda/deployed-api.ts';

let deployment: Deployment;

describe('the bundles, for tokens', () => {
  const IGNORED = { 'x-user-id': 'mallory', 'x-org-id': 'other', 'x-role': 'operator' };

  beforeAll(async () => {
    deployment = await Deployment.start({
      jwtIssuer: 'https://issuer.example',
      jwtAudience: 'a',
      jwtRoleClaim: 'roles',
      jwtAdminRole: 'asm-admin',
      jwtOperatorRole: 'asm-operator',
    });
  }, START_MS);
  afterAll(() => deployment.stop());

  test('the caller is who the token says, whatever the headers say', async () => {
    const claims = { sub: 'carol', org_id: 'acme' };
    const created = await http(deployment, 'lifecycle', 'POST /sessions', { claims, headers: IGNORED, body: {} });
    expect(bodyOf(created)).toMatchObject({ userId: 'carol', orgId: 'acme' });
    const anonymous = await http(deployment, 'lifecycle', 'POST /sessions', { headers: IGNORED, body: {} });
    expect(anonymous.statusCode).toBe(401);
  });

  test('a role is one element of an array claim', async () => {
    const list = (roles: string) =>
      http(deployment, 'records', 'GET /sessions', {
        claims: { sub: 'dave', org_id: 'acme', roles },
        headers: IGNORED,
        query: { scope: 'org' },
      });
    expect((await list('[member asm-admin]')).statusCode).toBe(200);
    expect((await list('[member asm-adminish]')).statusCode).toBe(403);
    expect((await list('[Billing admin]')).statusCode).toBe(403);
  });
});
