import { FILE_CALLS_AT_ONCE } from '../../../lib/workspaces/files/remove-tree.ts';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { FUNCTION_NAMES, functionRows, type FunctionName } from '../../../cdk/function-rows.ts';
import { API_FUNCTIONS } from '../../../lib/operations/operation.ts';
import { ENV, readConfig } from '../../../lib/configuration.ts';
import { functionResources, newApp, resourcesOf } from '../synth.ts';

interface FunctionProperties {
  Environment: { Variables: Record<string, string> };
  Timeout: number;
  FileSystemConfigs?: { LocalMountPath: string }[];
  VpcConfig?: { SubnetIds: unknown[] };
  LoggingConfig: { ApplicationLogLevel: string };
}

const functionsOf = (context: Record<string, unknown> = {}): Record<FunctionName, FunctionProperties> =>
  mapValues(functionResources(newApp(context).stack), ({ Properties }) => Properties as unknown as FunctionProperties);

const mapValues = <T, U>(record: Record<FunctionName, T>, map: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([group, value]) => [group, map(value)])) as Record<FunctionName, U>;

const variables = (fn: FunctionProperties) => Object.keys(fn.Environment.Variables).sort();

describe('the functions', () => {
  const functions = functionsOf();

  test('run on Node 24 on arm64, traced, and log JSON to groups of their own that end', () => {
    const { stack } = newApp({ logRetentionDays: '7' });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', FUNCTION_NAMES.length);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON' },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
    const groups = Object.values(resourcesOf(template))
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => (Properties.LoggingConfig as unknown as { LogGroup: { Ref: string } }).LogGroup.Ref);
    expect(new Set(groups).size).toBe(FUNCTION_NAMES.length);
  });

  test('answer before the gateway gives up; the sweep has what Lambda gives', () => {
    expect(Object.fromEntries(FUNCTION_NAMES.map((name) => [name, functions[name].Timeout]))).toEqual({
      lifecycle: 29,
      workspace: 29,
      records: 29,
      mcp: 29,
      access: 300,
      cleanup: 900,
      'session-events': 60,
    });
  });

  test.each(FUNCTION_NAMES)('%s is in the VPC exactly when it mounts the workspaces', (group) => {
    const { FileSystemConfigs, VpcConfig, Environment } = functions[group];
    const { mountsWorkspaces } = functionRows[group];
    expect(VpcConfig !== undefined).toBe(mountsWorkspaces);
    expect((FileSystemConfigs ?? []).map(({ LocalMountPath }) => LocalMountPath)).toEqual(
      mountsWorkspaces ? [Environment.Variables.WORKSPACE_ROOT] : [],
    );
  });

  test('are told what the stack decides, and leave the rest to their defaults', () => {
    const common = ['AUTH_MODE', 'METRICS_NAMESPACE', 'TABLE_NAME'];
    const fileSystem = ['FILE_SYSTEM_ID', 'FILE_SYSTEM_ROOT', 'FILE_SYSTEM_UID'];
    const mounting = [...common, 'UV_THREADPOOL_SIZE', 'WORKSPACE_ROOT'];
    expect(Object.fromEntries(FUNCTION_NAMES.map((name) => [name, variables(functions[name])]))).toEqual({
      lifecycle: mounting,
      workspace: mounting,
      records: [...common, 'WORKSPACE_ROOT'],
      mcp: [...common, 'SECRETS_KMS_KEY_ID'].sort(),
      access: [...common, ...fileSystem].sort(),
      cleanup: mounting,
      'session-events': ['EVENT_BUS_NAME', ...fileSystem, 'SECRETS_KMS_KEY_ID', 'TABLE_NAME'],
    });
  });

  test('that empty workspaces have a thread for each call that they wait for', () => {
    expect(functions.cleanup.Environment.Variables.UV_THREADPOOL_SIZE).toBe(String(FILE_CALLS_AT_ONCE));
  });

  test('know the file system as the functions’ own access point has it', () => {
    const { FILE_SYSTEM_ROOT, FILE_SYSTEM_UID } = functions.access.Environment.Variables;
    const [own] = Object.values(resourcesOf(Template.fromStack(newApp().stack))).filter(
      ({ Type }) => Type === 'AWS::EFS::AccessPoint',
    );
    expect(own?.Properties).toMatchObject({
      RootDirectory: { Path: FILE_SYSTEM_ROOT },
      PosixUser: { Uid: FILE_SYSTEM_UID, Gid: FILE_SYSTEM_UID },
    });
  });

  test('get of what is configured only what they read', () => {
    const configured = functionsOf({
      maxSessions: '1',
      maxSessionsPerOrg: 2,
      maxSessionsPerUser: 3,
      inactivitySeconds: 4,
      touchIntervalSeconds: 5,
      maxMcpClientsPerSession: 6,
      maxWorkspaceBytes: 7,
      logLevel: 'debug',
    });
    const limits = [ENV.maxSessions, ENV.maxSessionsPerOrg, ENV.maxSessionsPerUser];
    const added = (group: FunctionName) =>
      variables(configured[group]).filter((name) => !variables(functions[group]).includes(name));
    expect(added('lifecycle')).toEqual(
      [ENV.inactivitySeconds, ENV.logLevel, ...limits, ENV.touchIntervalSeconds].sort(),
    );
    expect(added('workspace')).toEqual([ENV.logLevel, ENV.maxWorkspaceBytes, ENV.touchIntervalSeconds].sort());
    expect(added('records')).toEqual([ENV.logLevel, ...limits, ENV.touchIntervalSeconds].sort());
    expect(added('mcp')).toEqual([ENV.logLevel, ENV.maxMcpClientsPerSession, ENV.touchIntervalSeconds].sort());
    expect(added('access')).toEqual([ENV.logLevel, ENV.touchIntervalSeconds].sort());
    expect(added('session-events')).toEqual([ENV.logLevel]);
    expect(added('cleanup')).toEqual([ENV.logLevel, ENV.maxSessions, ENV.touchIntervalSeconds].sort());
    expect(configured.lifecycle.LoggingConfig.ApplicationLogLevel).toBe('DEBUG');
    const { limits: read, inactivitySeconds } = readConfig({
      ...configured.lifecycle.Environment.Variables,
      TABLE_NAME: 'resolved when it is deployed',
    });
    expect({ ...read, inactivitySeconds }).toEqual({ global: 1, org: 2, user: 3, inactivitySeconds: 4 });
  });

  test('believe tokens with an issuer, and identity headers of signed requests without', () => {
    const withIssuer = functionsOf({
      jwtIssuer: 'https://issuer.example',
      jwtAudience: 'agents',
      jwtOrgClaim: 'https://example.com/org_id',
      jwtRoleClaim: 'cognito:groups',
      jwtAdminRole: 'asm-admin',
      jwtOperatorRole: 'asm-operator',
    });
    for (const group of API_FUNCTIONS) {
      expect(functions[group].Environment.Variables.AUTH_MODE).toBe('headers');
      expect(withIssuer[group].Environment.Variables).toMatchObject({
        AUTH_MODE: 'jwt',
        JWT_ORG_CLAIM: 'https://example.com/org_id',
        JWT_ROLE_CLAIM: 'cognito:groups',
        JWT_ADMIN_ROLE: 'asm-admin',
        JWT_OPERATOR_ROLE: 'asm-operator',
      });
    }
    expect(variables(withIssuer['session-events'])).toEqual(variables(functions['session-events']));
  });
});
