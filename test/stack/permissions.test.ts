import { describe, expect, test } from '@jest/globals';
import { resourcesOf, synthTemplate, textOf, type Resource } from './synth.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

const resources = Object.values(resourcesOf(synthTemplate()));
const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
const each = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Under each role: `action on resource`, one by one, and what is refused. */
function permissions(): Record<string, { allowed: string[]; refused: string[] }> {
  const roles: Record<string, { allowed: string[]; refused: string[] }> = {};
  for (const { Properties } of ofType('AWS::IAM::Policy')) {
    const { PolicyDocument, Roles } = Properties as unknown as PolicyProperties;
    for (const role of Roles.map(textOf)) {
      const lines = (effect: Statement['Effect']) =>
        PolicyDocument.Statement.filter(({ Effect }) => Effect === effect)
          .flatMap(({ Action, Resource }) =>
            each(Action).flatMap((action) => each(Resource).map((resource) => `${action} on ${textOf(resource)}`)),
          )
          .sort();
      roles[role] = { allowed: lines('Allow'), refused: lines('Deny') };
    }
  }
  return roles;
}

interface PolicyProperties {
  PolicyDocument: { Statement: Statement[] };
  Roles: unknown[];
}

const on = (resource: string, ...actions: string[]) => actions.map((action) => `${action} on ${resource}`);
const dynamodb = (...actions: string[]) => on('SessionTable', ...actions.map((action) => `dynamodb:${action}`));
const queryIndex = (index: string) => on(`SessionTable/index/${index}`, 'dynamodb:Query');
const logs = (group: string) => on(group, 'logs:CreateLogStream', 'logs:PutLogEvents');
const tracing = on('*', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords');
const mount = on('WorkspaceFileSystem', 'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite');
const networkInterfaces = on(
  '*',
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
);

const EXPECTED: Record<string, { allowed: string[]; refused?: string[] }> = {
  LifecycleRole: {
    allowed: [
      ...logs('LifecycleLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
      ...mount,
      ...networkInterfaces,
    ],
    refused: networkInterfaces,
  },
  RecordsRole: {
    allowed: [
      ...logs('RecordsLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'ConditionCheckItem'),
      ...queryIndex('org'),
    ],
  },
  McpRole: {
    allowed: [
      ...logs('McpLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'),
    ],
  },
  CleanupRole: {
    allowed: [
      ...logs('CleanupLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'BatchGetItem', 'UpdateItem', 'DeleteItem'),
      ...queryIndex('due'),
      ...queryIndex('org'),
      ...mount,
      ...networkInterfaces,
      ...on('SchedulesDeadLetters', 'sqs:SendMessage'),
    ],
    refused: networkInterfaces,
  },
  SchedulesRole: {
    allowed: [...on('CleanupFunction', 'lambda:InvokeFunction'), ...on('SchedulesDeadLetters', 'sqs:SendMessage')],
  },
  NetworkVpcRefusedTrafficIAMRole: {
    allowed: [...logs('NetworkFlowLogs'), ...on('NetworkFlowLogs', 'logs:DescribeLogStreams')],
  },
};

describe('permissions', () => {
  test('are these and no others', () => {
    const expected = Object.entries(EXPECTED).map(([role, { allowed, refused = [] }]) => [
      role,
      { allowed: [...allowed].sort(), refused: [...refused].sort() },
    ]);
    expect(permissions()).toEqual(Object.fromEntries(expected));
  });

  test('come by inline policies alone, and no action has a wildcard', () => {
    for (const { Properties } of ofType('AWS::IAM::Role')) {
      expect(Object.keys(Properties).filter((name) => name !== 'Tags')).toEqual(['AssumeRolePolicyDocument']);
    }
    expect(ofType('AWS::IAM::ManagedPolicy')).toEqual([]);
    const all = Object.values(permissions()).flatMap(({ allowed }) => allowed);
    expect(all.filter((line) => line.split(' on ')[0]?.includes('*'))).toEqual([]);
  });

  test('to mount hold for the functions’ access point only, and to touch interfaces never for their code', () => {
    const conditions = (action: string, effect: string) =>
      ofType('AWS::IAM::Policy')
        .flatMap(({ Properties }) => (Properties as unknown as PolicyProperties).PolicyDocument.Statement)
        .filter(({ Action, Effect }) => Effect === effect && each(Action).includes(action))
        .map(({ Condition }) => Condition);
    const mounting = conditions('elasticfilesystem:ClientMount', 'Allow');
    expect(mounting).toHaveLength(2);
    for (const condition of mounting) {
      expect(textOf(condition?.StringEquals?.['elasticfilesystem:AccessPointArn'])).toMatch(
        /access-point\/WorkspaceAccessPoint$/,
      );
    }
    const refusals = conditions('ec2:CreateNetworkInterface', 'Deny');
    expect(refusals).toEqual(Array(2).fill({ Null: { 'lambda:SourceFunctionArn': 'false' } }));
  });

  test('to invoke functions are the gateway’s and the scheduler’s', () => {
    const principals = ofType('AWS::Lambda::Permission').map(
      ({ Properties }: Resource) => `${String(Properties.Principal)} ${String(Properties.Action)}`,
    );
    expect(principals).toEqual(Array(4).fill('apigateway.amazonaws.com lambda:InvokeFunction'));
  });
});
