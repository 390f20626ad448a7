import type { Template } from 'aws-cdk-lib/assertions';

/**
 * Resources that hold something, or that others know by name, with the properties that CloudFormation replaces them for, as
 * the resource types' documentation has them under "Update requires: Replacement". Besides, an update can create or delete
 * one index of a table at most, and a metric in another namespace is not found by those who read it.
 */
const REPLACED_BY: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': [
    'TableName',
    'KeySchema',
    'LocalSecondaryIndexes',
    'GlobalSecondaryIndexes',
    'StreamSpecification',
  ],
  'AWS::EFS::FileSystem': ['Encrypted', 'KmsKeyId', 'PerformanceMode', 'AvailabilityZoneName'],
  'AWS::EFS::AccessPoint': ['ClientToken', 'FileSystemId', 'PosixUser', 'RootDirectory'],
  'AWS::EFS::MountTarget': ['FileSystemId', 'SubnetId', 'IpAddress'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::KMS::Alias': ['AliasName'],
  'AWS::EC2::VPC': ['CidrBlock', 'InstanceTenancy'],
  'AWS::EC2::Subnet': ['VpcId', 'CidrBlock', 'AvailabilityZone'],
  'AWS::EC2::SecurityGroup': ['VpcId', 'GroupName', 'GroupDescription'],
  'AWS::ApiGatewayV2::Api': ['ProtocolType', 'Name'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType'],
  'AWS::Lambda::EventSourceMapping': ['EventSourceArn', 'StartingPosition'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::CloudWatch::Alarm': ['AlarmName', 'Namespace'],
};

/** What an upgrade must leave as it is. */
export interface Release {
  resources: Record<string, { type: string; replacedBy?: Record<string, unknown> }>;
  outputs: string[];
}

export function releaseOf(template: Template): Release {
  const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string; Properties?: object }> };
  const kept = Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    const named = REPLACED_BY[Type];
    if (!named) return [];
    const values = Object.entries<unknown>({ ...Properties }).filter(([name]) => named.includes(name));
    return [[id, { type: Type, ...(values.length > 0 && { replacedBy: Object.fromEntries(values) }) }] as const];
  });
  return { resources: Object.fromEntries(kept), outputs: Object.keys(template.findOutputs('*')).sort() };
}

/** What an upgrade from the release would take away, replace or rename, one a line. */
export function breaksOf(released: Release, next: Release): string[] {
  const ofResources = Object.entries(released.resources).flatMap(([id, { type, replacedBy = {} }]) => {
    const now = next.resources[id];
    if (now?.type !== type) return [`${id} (${type}) is gone`];
    const names = new Set([...Object.keys(replacedBy), ...Object.keys(now.replacedBy ?? {})]);
    return [...names].flatMap((name) =>
      JSON.stringify(replacedBy[name]) === JSON.stringify(now.replacedBy?.[name]) ? [] : [`${id} has another ${name}`],
    );
  });
  const goneOutputs = released.outputs.filter((name) => !next.outputs.includes(name));
  return [...ofResources, ...goneOutputs.map((name) => `the output ${name} is gone`)];
}
