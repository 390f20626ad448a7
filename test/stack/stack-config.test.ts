import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { contextFiles } from '../../cdk/context-files.ts';
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

  // The commands write them into the project's files, and every later synth said "Unrecognized key".
  test.each(['acknowledged-issue-numbers', 'cli-telemetry'])(
    'may have %s, which a command of the CDK writes',
    (key) => {
      expect(() => read({ [key]: [1] })).not.toThrow();
    },
  );

  test('of a file may be meant for another app, and is warned of; from the command line it is refused', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'context-'));
    const home = path.join(directory, 'home');
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      await writeFile(path.join(directory, 'cdk.json'), JSON.stringify({ context: { owner: { team: 'a' } } }));
      await writeFile(path.join(directory, 'cdk.context.json'), JSON.stringify({ subnets: 3, maxSessions: 7 }));
      const files = contextFiles(directory, home);
      const readHere = (context: object) => readStackConfig(new App({ context: { ...context } }), files);
      expect(readHere({ owner: { team: 'a' }, subnets: 3, maxSessions: 7 }).environment).toEqual({ maxSessions: '7' });
      expect(written.mock.calls.map(([line]) => /has (\w+),/.exec(String(line))?.[1])).toEqual(['owner', 'subnets']);
      expect(() => readHere({ owner: 'b' })).toThrow('owner');
      expect(() => readHere({ maxSesions: 7 })).toThrow('maxSesions');
    } finally {
      written.mockRestore();
      await rm(directory, { recursive: true });
    }
  });

  test('of the home directory is warned of too', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'home-'));
    await writeFile(path.join(home, '.cdk.json'), JSON.stringify({ context: { owner: 'me' } }));
    const files = contextFiles(path.join(home, 'project'), home);
    expect([files.has('owner', 'me'), files.has('owner', 'you'), files.has('other', 'me')]).toEqual([
      true,
      false,
      false,
    ]);
    await rm(home, { recursive: true });
  });

  test('may name the zones, as text or as a list', () => {
    const named = ['eu-west-1a', 'eu-west-1c'];
    expect(read({ availabilityZones: 'eu-west-1a, eu-west-1c' }).availabilityZones).toEqual(named);
    expect(stackConfig({ availabilityZones: named }).availabilityZones).toEqual(named);
    expect(read({ availabilityZones: 'us-gov-west-1a,us-gov-west-1b' }).availabilityZones).toHaveLength(2);
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
    [{ availabilityZones: 'eu-west-1a' }, 'availabilityZones'],
    [{ availabilityZones: 'eu-west-1a,eu-west-1a' }, 'availabilityZones'],
    [{ availabilityZones: 'eu-west-1a,eu-west-2a' }, 'availabilityZones'],
    [{ availabilityZones: 'use1-az1,use1-az2' }, 'availabilityZones'],
    [{ availabilityZones: 'us-west-2-lax-1a,us-west-2-lax-1b' }, 'availabilityZones'],
    [{ availabilityZones: 'eu-west-1a,eu-west-1b,eu-west-1c,eu-west-1d' }, 'availabilityZones'],
    [{ alarmTopicArn: 'on-call' }, 'alarmTopicArn'],
    [{ dataRemoval: 'maybe' }, 'dataRemoval'],
    [{ dashboard: 'perhaps' }, 'dashboard'],
    [{ vpcCidr: '10.0.0.0' }, 'vpcCidr'],
    [{ vpcCidr: '10.0.0.0/27' }, 'vpcCidr'],
    [{ vpcCidr: '10.0.0.0/26' }, 'must be between /16 and /25: each of 2 zones'],
    [{ vpcCidr: '10.0.0.0/25', availabilityZones: 3 }, 'must be between /16 and /24: each of 3 zones'],
    [{ vpcCidr: '10.0.0.0/15' }, 'vpcCidr'],
    [{ vpcCidr: '10.0.0.7/24' }, 'must begin where its block begins, at 10.0.0.0'],
  ])('%j is refused by name', (context, name) => {
    expect(() => read(context)).toThrow(name);
  });

  // Zones were "Invalid input", -1 of them wanted a VPC of "/NaN", and junk was told twice what it is not.
  const ZONES = 'must be 2 or 3, or the names of two or three zones of one region, such as eu-west-1a,eu-west-1b';
  const RANGE = 'must be an IPv4 range such as 10.215.0.0/24';
  test.each([
    [{ availabilityZones: 4 }, ZONES],
    [{ availabilityZones: -1 }, ZONES],
    [{ availabilityZones: 'eu-west-1a' }, ZONES],
    [{ availabilityZones: 'eu-west-1a,eu-west-1b,' }, ZONES],
    [{ vpcCidr: 'x' }, RANGE],
    [{ vpcCidr: '10.0.0.0/33' }, RANGE],
    [{ vpcCidr: 7 }, RANGE],
    [{ vpcCidr: '127.0.0.0/24' }, 'is of the kind loopback, which no VPC can have'],
    [{ vpcCidr: '224.0.0.0/24' }, 'is of the kind multicast, which no VPC can have'],
  ])('%j is refused with one sentence', (context, sentence) => {
    const [name] = Object.keys(context);
    expect(() => read(context)).toThrow(new StackConfigError(`Context is not valid.\n✖ ${sentence}\n  → at ${name}`));
  });
});
