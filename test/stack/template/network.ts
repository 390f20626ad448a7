import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { SessionManagerStack, stackConfig } from '../../../cdk/index.ts';
import { resourcesOf, synthTemplate, textOf } from '../synth.ts';

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Condition?: object;
}

const template = synthTemplate();
const resources = Object.values(resourcesOf(template));
const ofType = (type: string) => resources.filter(({ Type }) => Type === type);

describe('the network', () => {
  test('has no way to the internet, and nothing that is paid by the hour', () => {
    for (const type of ['NatGateway', 'InternetGateway', 'EIP', 'VPCGatewayAttachment', 'Route']) {
      template.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
    expect(ofType('AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties.VpcEndpointType)).toEqual(['Gateway']);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    template.resourceCountIs('AWS::EC2::Subnet', 2);
  });

  test('has as many zones as are configured, looked up nowhere', () => {
    const zones = synthTemplate({ availabilityZones: '3' });
    zones.resourceCountIs('AWS::EC2::Subnet', 3);
    zones.resourceCountIs('AWS::EFS::MountTarget', 3);
  });

  test('has the zones that are named, whatever else the region has', () => {
    const named = synthTemplate({ availabilityZones: 'eu-west-1c,eu-west-1a' });
    const subnets = Object.values(resourcesOf(named)).filter(({ Type }) => Type === 'AWS::EC2::Subnet');
    expect(subnets.map(({ Properties }) => Properties.AvailabilityZone)).toEqual(['eu-west-1c', 'eu-west-1a']);
  });

  test('may name its zones where account and region are named too', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const env = { account: '123456789012', region: 'eu-west-1' };
    const config = stackConfig({ availabilityZones: ['eu-west-1a', 'eu-west-1b'] });
    expect(new SessionManagerStack(app, config, { env }).network.vpc.availabilityZones).toEqual([
      'eu-west-1a',
      'eu-west-1b',
    ]);
  });

  test('lets functions reach NFS and DynamoDB, and nobody reach functions', () => {
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, ToPort: 2049 }, 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
    template.allResourcesProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Functions that mount the workspaces',
      SecurityGroupEgress: [Match.objectLike({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })],
    });
  });

  test('leads to the session table alone', () => {
    const [endpoint] = ofType('AWS::EC2::VPCEndpoint');
    const { Statement } = endpoint?.Properties.PolicyDocument as unknown as { Statement: { Resource: unknown[] }[] };
    expect(Statement.flatMap(({ Resource }) => Resource.map(textOf))).toEqual(['SessionTable', 'SessionTable/index/*']);
  });
});

describe('the file system', () => {
  const [fileSystem] = ofType('AWS::EFS::FileSystem');
  const { Statement: statements } = fileSystem?.Properties.FileSystemPolicy as unknown as { Statement: Statement[] };

  test('is encrypted, elastic, backed up, and cheap for what is not used', () => {
    expect(fileSystem?.Properties).toMatchObject({
      Encrypted: true,
      ThroughputMode: 'elastic',
      BackupPolicy: { Status: 'ENABLED' },
      LifecyclePolicies: [{ TransitionToIA: 'AFTER_30_DAYS' }, { TransitionToPrimaryStorageClass: 'AFTER_1_ACCESS' }],
    });
  });

  test('refuses plain transport, root, and mounts without an access point; it allows nobody anything', () => {
    expect(statements.map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny', 'Deny']);
    expect(Object.fromEntries(statements.map(({ Sid, Action, Condition }) => [Sid, [Action, Condition]]))).toEqual({
      RefuseUnencryptedTransport: [
        ['ClientMount', 'ClientRootAccess', 'ClientWrite'].map((action) => `elasticfilesystem:${action}`),
        { Bool: { 'aws:SecureTransport': 'false' } },
      ],
      RefuseRootAccess: ['elasticfilesystem:ClientRootAccess', undefined],
      RefuseMountsWithoutAccessPoint: [
        'elasticfilesystem:ClientMount',
        { Null: { 'elasticfilesystem:AccessPointArn': 'true' } },
      ],
    });
  });

  test('has one access point, whose root is a private directory of the functions', () => {
    template.resourceCountIs('AWS::EFS::AccessPoint', 1);
    template.hasResourceProperties('AWS::EFS::AccessPoint', {
      PosixUser: { Uid: '1000', Gid: '1000' },
      RootDirectory: {
        Path: '/workspaces',
        CreationInfo: { OwnerUid: '1000', OwnerGid: '1000', Permissions: '0700' },
      },
    });
  });
});
