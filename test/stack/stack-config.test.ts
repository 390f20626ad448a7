import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { readStackConfig, stackConfig, StackConfigError } from '../../cdk/stack-config.ts';

const read = (context: Record<string, unknown>) => readStackConfig(new App({ context }));

describe('the context', () => {
  test('may be empty', () => {
    expect(read({})).toMatchObject({
      stackName: 'SessionManager',
      environment: {},
      cleanupIntervalMinutes: 60,
      dataRemoval: 'retain',
      dashboard: false,
      logRetentionDays: 30,
    });
  });

  test('is text on the command line and typed in a file', () => {
    const config = read({ maxSessions: '7', inactivitySeconds: 600, dashboard: 'true', availabilityZones: '3' });
    expect(config.environment).toEqual({ maxSessions: '7', inactivitySeconds: '600' });
    expect(config).toMatchObject({ dashboard: true, availabilityZones: 3 });
    expect(read({ dashboard: true, jwtIssuer: 'https://i.example', jwtAudience: ['a', 'b'] })).toMatchObject({
      dashboard: true,
      jwtAudience: ['a', 'b'],
    });
  });

  test('of the CDK itself is not ours to check', () => {
    expect(() => read({ 'aws:cdk:anything': 1, '@aws-cdk/core:anything': true })).not.toThrow();
  });

  test('says which values of the role claim mean a role', () => {
    expect(read({})).toMatchObject({ jwtRoleClaim: 'role', jwtAdminRole: 'admin', jwtOperatorRole: 'operator' });
    const own = { jwtRoleClaim: 'cognito:groups', jwtAdminRole: 'asm-admin', jwtOperatorRole: 'asm-operator' };
    expect(read(own)).toMatchObject({ ...own, environment: own });
  });

  test.each(['jwtAdminRole', 'jwtOperatorRole'])('takes no empty %s for one that is left out, in an app', (name) => {
    expect(() => stackConfig({ [name]: '' })).toThrow(StackConfigError);
    expect(() => stackConfig({ [name]: '' })).toThrow(name);
  });

  test.each([
    [{ maxSesions: 7 }, 'maxSesions'],
    [{ maxSessions: 'many' }, 'MAX_SESSIONS'],
    [{ maxMcpClientsPerSession: 91 }, 'MAX_MCP_CLIENTS_PER_SESSION'],
    [{ cleanupIntervalSeconds: 90 }, 'cleanupIntervalSeconds'],
    [{ cleanupIntervalSeconds: 86_460 }, 'cleanupIntervalSeconds'],
    [{ jwtIssuer: 'https://issuer.example' }, 'jwtAudience'],
    [{ jwtAudience: 'agents' }, 'jwtAudience'],
    [{ jwtIssuer: 'http://issuer.example', jwtAudience: 'agents' }, 'jwtIssuer'],
    [{ jwtAdminRole: 'Billing admin' }, 'JWT_ADMIN_ROLE'],
    [{ jwtOperatorRole: '[operator]' }, 'JWT_OPERATOR_ROLE'],
    [{ jwtAdminRole: 'operator' }, 'JWT_ADMIN_ROLE and JWT_OPERATOR_ROLE must differ'],
    [{ logRetentionDays: 31 }, 'logRetentionDays'],
    [{ availabilityZones: 1 }, 'availabilityZones'],
    [{ alarmTopicArn: 'on-call' }, 'alarmTopicArn'],
    [{ dataRemoval: 'maybe' }, 'dataRemoval'],
    [{ dashboard: 'perhaps' }, 'dashboard'],
    [{ vpcCidr: '10.0.0.0' }, 'vpcCidr'],
  ])('%j is refused by name', (context, name) => {
    expect(() => read(context)).toThrow(name);
  });
});
