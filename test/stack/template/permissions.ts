import { describe, expect, test } from '@jest/globals';
import { API_FUNCTIONS } from '../../../lib/operations/operation.ts';
import { EVENT_SOURCE } from '../../../lib/telemetry/events/session-event.ts';
import { each, permissionsOf, statementsOf } from '../permissions.ts';
import { resourcesOf, synthTemplate, textOf, type Resource } from '../synth.ts';
import { TERMINATIONS } from '../../../lib/table/table-definition.ts';

const template = synthTemplate();
const ofType = (type: string) => Object.values(resourcesOf(template)).filter(({ Type }) => Type === type);
const statements = statementsOf(template).flatMap(([, ofRole]) => ofRole);

const on = (resource: string, ...actions: string[]) => actions.map((action) => `${action} on ${resource}`);
const dynamodb = (...actions: string[]) => on('SessionTable', ...actions.map((action) => `dynamodb:${action}`));
const queryIndex = (index: string) => on(`SessionTable/index/${index}`, 'dynamodb:Query');
const logs = (group: string) => on(group, 'logs:CreateLogStream', 'logs:PutLogEvents');
const tracing = on('*', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords');
const mount = on('WorkspaceFileSystem', 'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite');
const secrets = (...actions: string[]) => on('SecretsKey', ...actions.map((action) => `kms:${action}`));
const accessPoints = 'arn:AWS::Partition:elasticfilesystem:AWS::Region:AWS::AccountId:access-point/*';
const efs = (resource: string, ...actions: string[]) =>
  on(resource, ...actions.map((action) => `elasticfilesystem:${action}`));
const defaultBus = 'arn:AWS::Partition:events:AWS::Region:AWS::AccountId:event-bus/default';
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
      ...dynamodb('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
      ...queryIndex('org'),
      ...mount,
      ...networkInterfaces,
    ],
    refused: networkInterfaces,
  },
  WorkspaceRole: {
    allowed: [
      ...logs('WorkspaceLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'UpdateItem'),
      ...mount,
      ...networkInterfaces,
    ],
    refused: networkInterfaces,
  },
  RecordsRole: {
    allowed: [
      ...logs('RecordsLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
      ...queryIndex('org'),
    ],
  },
  McpRole: {
    allowed: [
      ...logs('McpLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'),
      ...secrets('Encrypt', 'Decrypt'),
    ],
  },
  AccessRole: {
    allowed: [
      ...logs('AccessLogs'),
      ...tracing,
      ...dynamodb('GetItem', 'BatchGetItem', 'UpdateItem'),
      ...efs('WorkspaceFileSystem', 'CreateAccessPoint', 'TagResource', 'DescribeAccessPoints'),
      ...efs(accessPoints, 'TagResource', 'DescribeAccessPoints', 'DeleteAccessPoint'),
      ...on('SchedulesDeadLetters', 'sqs:SendMessage'),
    ],
  },
  CleanupRole: {
    allowed: [
      ...logs('CleanupLogs'),
      ...tracing,
      ...dynamodb(
        'GetItem',
        'BatchGetItem',
        'Query',
        'Scan',
        'PutItem',
        'UpdateItem',
        'DeleteItem',
        'ConditionCheckItem',
      ),
      ...queryIndex('due'),
      ...queryIndex('org'),
      ...mount,
      ...networkInterfaces,
      ...on('SchedulesDeadLetters', 'sqs:SendMessage'),
    ],
    refused: networkInterfaces,
  },
  SessionEventsRole: {
    allowed: [
      ...logs('SessionEventsLogs'),
      ...tracing,
      ...dynamodb('UpdateItem', 'DeleteItem', 'DescribeStream', 'GetRecords', 'GetShardIterator'),
      ...secrets('Decrypt'),
      ...on('*', 'dynamodb:ListStreams'),
      ...efs('WorkspaceFileSystem', 'DescribeAccessPoints'),
      ...efs(accessPoints, 'DescribeAccessPoints', 'DeleteAccessPoint'),
      ...on(defaultBus, 'events:PutEvents'),
      ...on('SchedulesDeadLetters', 'sqs:SendMessage'),
    ],
  },
  SchedulesAccessRole: {
    allowed: [...on('AccessFunction', 'lambda:InvokeFunction'), ...on('SchedulesDeadLetters', 'sqs:SendMessage')],
  },
  SchedulesLifecycleRole: {
    allowed: [...on('LifecycleFunction', 'lambda:InvokeFunction'), ...on('SchedulesDeadLetters', 'sqs:SendMessage')],
  },
  SchedulesWorkspaceRole: {
    allowed: [...on('WorkspaceFunction', 'lambda:InvokeFunction'), ...on('SchedulesDeadLetters', 'sqs:SendMessage')],
  },
  SchedulesReconcileRole: {
    allowed: [...on('CleanupFunction', 'lambda:InvokeFunction'), ...on('SchedulesDeadLetters', 'sqs:SendMessage')],
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
    expect(permissionsOf(template)).toEqual(Object.fromEntries(expected));
  });

  test('come by inline policies alone, and no action has a wildcard', () => {
    for (const { Properties } of ofType('AWS::IAM::Role')) {
      expect(Object.keys(Properties).filter((name) => name !== 'Tags')).toEqual(['AssumeRolePolicyDocument']);
    }
    expect(ofType('AWS::IAM::ManagedPolicy')).toEqual([]);
    const all = Object.values(permissionsOf(template)).flatMap(({ allowed }) => allowed);
    expect(all.filter((line) => line.split(' on ')[0]?.includes('*'))).toEqual([]);
  });

  test('to mount hold for the functions’ access point only, and to touch interfaces never for their code', () => {
    const conditions = (action: string, effect: string) =>
      statements
        .filter(({ Action, Effect }) => Effect === effect && each(Action).includes(action))
        .map(({ Condition }) => Condition);
    const mounting = conditions('elasticfilesystem:ClientMount', 'Allow');
    expect(mounting).toHaveLength(3);
    for (const condition of mounting) {
      expect(textOf(condition?.StringEquals?.['elasticfilesystem:AccessPointArn'])).toMatch(
        /access-point\/WorkspaceAccessPoint$/,
      );
    }
    const refusals = conditions('ec2:CreateNetworkInterface', 'Deny');
    expect(refusals).toEqual(Array(3).fill({ Null: { 'lambda:SourceFunctionArn': 'false' } }));
  });

  test('to make and remove access points hold for those with the tag that names this file system', () => {
    const conditionsOf = (action: string) =>
      statements
        .filter(({ Action }) => each(Action).includes(`elasticfilesystem:${action}`))
        .map(({ Effect, Condition }) => [Effect, Object.keys(Condition ?? {}), Condition?.StringEquals]);
    const requested = { 'aws:RequestTag/session-manager:file-system': { Ref: 'WorkspaceFileSystem' } };
    expect(conditionsOf('CreateAccessPoint')).toEqual([['Allow', ['StringEquals'], requested]]);
    const whileMade = { ...requested, 'elasticfilesystem:CreateAction': 'CreateAccessPoint' };
    expect(conditionsOf('TagResource')).toEqual([['Allow', ['StringEquals'], whileMade]]);
    const tagged = { 'aws:ResourceTag/session-manager:file-system': { Ref: 'WorkspaceFileSystem' } };
    expect(conditionsOf('DeleteAccessPoint')).toEqual(Array(2).fill(['Allow', ['StringEquals'], tagged]));
  });

  test('of session-events in the table hold for farewells that are kept, and nothing else', () => {
    const [, ofRole = []] = statementsOf(template).find(([role]) => role === 'SessionEventsRole') ?? [];
    const writing = ofRole.filter(({ Action }) => each(Action).some((action) => action === 'dynamodb:UpdateItem'));
    expect(writing.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [
        ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
        { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [TERMINATIONS] } },
      ],
    ]);
  });

  test('to send events hold for those of the session manager, on the bus that is configured', () => {
    const sending = (context: Record<string, unknown>) =>
      statementsOf(synthTemplate(context))
        .flatMap(([, ofRole]) => ofRole)
        .filter(({ Action }) => each(Action).includes('events:PutEvents'));
    const condition = { StringEquals: { 'events:source': EVENT_SOURCE } };
    expect(sending({})).toMatchObject([{ Effect: 'Allow', Condition: condition }]);
    const [own] = sending({ eventBusName: 'platform' });
    expect(textOf(own?.Resource)).toBe(defaultBus.replace(/default$/, 'platform'));
    expect(own?.Condition).toEqual(condition);
  });

  test('to invoke functions are the gateway’s and the scheduler’s', () => {
    const principals = ofType('AWS::Lambda::Permission').map(
      ({ Properties }: Resource) => `${String(Properties.Principal)} ${String(Properties.Action)}`,
    );
    expect(principals).toEqual(Array(API_FUNCTIONS.length).fill('apigateway.amazonaws.com lambda:InvokeFunction'));
  });
});
