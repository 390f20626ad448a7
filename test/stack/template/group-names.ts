import { describe, expect, test } from '@jest/globals';
import { newApp } from '../synth.ts';

const TOKENS = { jwtIssuer: 'https://issuer.example', jwtAudience: 'agents' };
const OWN_VALUES = { jwtAdminRole: 'asm-admin', jwtOperatorRole: 'asm-operator' };

/** What synthesis would print: it takes seconds, and these are there before it. */
const warnings = (context: Record<string, unknown>): string[] =>
  newApp(context)
    .app.node.findAll()
    .flatMap(({ node }) => node.metadata.map(({ type, data }) => ({ path: node.path, type, data: String(data) })))
    .filter(({ type, data }) => type === 'aws:cdk:warning' && data.includes('default-roles-of-groups'))
    .map(({ path, data }) => `${path}: ${data}`);

describe('a role claim that lists groups', () => {
  test.each([
    'cognito:groups',
    'groups',
    'https://example.com/roles',
    'roles',
    'Groups',
    'https://example.com/memberOf',
  ])('is warned of where any group may be called Billing admin: %s', (jwtRoleClaim) => {
    const [warning, ...more] = warnings({ ...TOKENS, jwtRoleClaim });
    expect(warning).toContain('SessionManager/Http: ');
    expect(warning).toContain(`The role claim ${jwtRoleClaim} seems to list groups`);
    expect(warning).toContain('Set jwtAdminRole and jwtOperatorRole');
    expect(more).toEqual([]);
  });

  test.each([
    ['the admin’s', { jwtOperatorRole: 'asm-operator' }],
    ['the operator’s', { jwtAdminRole: 'asm-admin' }],
  ])('is warned of where only %s value is left as it was', (_whose, values) => {
    expect(warnings({ ...TOKENS, jwtRoleClaim: 'cognito:groups', ...values })).toHaveLength(1);
  });

  test.each([
    ['with values of its own', { ...TOKENS, jwtRoleClaim: 'cognito:groups', ...OWN_VALUES }],
    ['where it is one role', { ...TOKENS }],
    ['where it is one role, by another name', { ...TOKENS, jwtRoleClaim: 'https://example.com/role' }],
    ['where nobody reads it', { jwtRoleClaim: 'cognito:groups' }],
  ])('is not warned of %s', (_what, context) => {
    expect(warnings(context)).toEqual([]);
  });
});
