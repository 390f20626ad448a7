import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
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
