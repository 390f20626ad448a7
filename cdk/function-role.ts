import { Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionRow } from './function-rows.ts';
import type { SessionEventBus } from './session-event-bus.ts';
import type { SecretsKey } from './secrets-key.ts';
import type { WorkspaceFileSystem } from './workspace-file-system.ts';

interface FunctionRoleProps {
  row: FunctionRow;
  table: ITable;
  logGroup: ILogGroup;
  secretsKey: SecretsKey;
  eventBus: SessionEventBus;
  workspaces: WorkspaceFileSystem;
}

/** AWS lets none of these be limited to a resource that exists before the function does. */
const TRACING = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** As cdk-nag spells the ARN. */
const ANY_ACCESS_POINT = 'arn:<AWS::Partition>:elasticfilesystem:<AWS::Region>:<AWS::AccountId>:access-point/*';

/** A role with what the row lists, its own logs, traces, and for the VPC its network interfaces. No managed policy. */
export function newFunctionRole(scope: Construct, props: FunctionRoleProps): Role {
  const { row, table, logGroup, secretsKey, eventBus, workspaces } = props;
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const allow = (actions: readonly string[], resources: string[]) =>
    role.addToPolicy(new PolicyStatement({ actions: [...actions], resources }));

  allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  allow(TRACING, ['*']);
  if (row.tableActions.length > 0) role.addToPolicy(tableStatement(row, table));
  const indexes = row.indexes.map((index) => `${table.tableArn}/index/${index}`);
  if (indexes.length > 0) allow(['dynamodb:Query'], indexes);
  if (row.secrets !== undefined) secretsKey.grant(role, row.secrets);
  if (row.sendsEvents) role.addToPolicy(eventBus.putStatement());
  if (row.mountsWorkspaces) {
    role.addToPolicy(workspaces.mountStatement());
    allow(NETWORK_INTERFACES, ['*']);
    role.addToPolicy(refuseToOwnCode(NETWORK_INTERFACES));
  }
  if (row.accessPoints) {
    for (const statement of workspaces.accessPointStatements(row.accessPoints)) role.addToPolicy(statement);
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${ANY_ACCESS_POINT}]`,
      reason:
        'Access points of sessions are made and removed while the system runs, so none has a name here. Conditions on ' +
        'the tag that names this file system take the place of names, for all but looking at them.',
    });
  }
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'X-Ray and the list of streams, which tells names only, have no resources to name. Network interfaces do not ' +
      'exist before Lambda makes them for the function; its own code is refused these actions.',
  });
  return role;
}

const tableStatement = ({ tableActions, onlyPartition }: FunctionRow, { tableArn }: ITable) =>
  new PolicyStatement({
    actions: [...tableActions],
    resources: [tableArn],
    ...(onlyPartition !== undefined && {
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [onlyPartition] } },
    }),
  });

/** Lambda acts with the function's role; the condition key is there only when it is the function's code that calls. */
const refuseToOwnCode = (actions: string[]) =>
  new PolicyStatement({
    effect: Effect.DENY,
    actions,
    resources: ['*'],
    conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  });
