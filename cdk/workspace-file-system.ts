import { CfnOutput, Stack } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  FileSystem,
  LifecyclePolicy,
  OutOfInfrequentAccessPolicy,
  ThroughputMode,
  type AccessPoint,
  type CfnAccessPoint,
  type CfnFileSystem,
} from 'aws-cdk-lib/aws-efs';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ACCESS_POINT_TAGS } from '../lib/workspaces/access-points/access-points.ts';
import { onceCreated } from './data-removal.ts';
import type { StackConfig } from './stack-config.ts';
import type { WorkspaceNetwork } from './workspace-network.ts';

const MOUNT = 'elasticfilesystem:ClientMount';
const WRITE = 'elasticfilesystem:ClientWrite';
const ROOT = 'elasticfilesystem:ClientRootAccess';
/** The POSIX identity of the functions: theirs are all files, and nobody is root. */
export const FUNCTIONS_ID = '1000';
/** The directory in the file system that they see as the workspace root. */
export const FUNCTIONS_ROOT = '/workspaces';

const CREATE = 'elasticfilesystem:CreateAccessPoint';
const DELETE = 'elasticfilesystem:DeleteAccessPoint';
const DESCRIBE = 'elasticfilesystem:DescribeAccessPoints';
const TAG = 'elasticfilesystem:TagResource';

/** The file system that holds every session's workspace, and the functions' own way into it. */
export class WorkspaceFileSystem extends Construct {
  readonly fileSystem: FileSystem;
  readonly accessPoint: AccessPoint;

  constructor(scope: Construct, id: string, { dataRemoval }: StackConfig, network: WorkspaceNetwork) {
    super(scope, id);
    this.fileSystem = new FileSystem(this, 'FileSystem', {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroup: network.fileSystemSecurityGroup,
      encrypted: true,
      enableAutomaticBackups: true,
      throughputMode: ThroughputMode.ELASTIC,
      lifecyclePolicy: LifecyclePolicy.AFTER_30_DAYS,
      outOfInfrequentAccessPolicy: OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
      removalPolicy: onceCreated(dataRemoval),
    });
    this.accessPoint = this.fileSystem.addAccessPoint('FunctionsAccessPoint', {
      path: FUNCTIONS_ROOT,
      posixUser: { uid: FUNCTIONS_ID, gid: FUNCTIONS_ID },
      createAcl: { ownerUid: FUNCTIONS_ID, ownerGid: FUNCTIONS_ID, permissions: '0700' },
    });
    const resource = this.fileSystem.node.defaultChild as CfnFileSystem;
    // Here, since the construct would add a permission to write for everybody.
    resource.fileSystemPolicy = onlyEncryptedAndByAccessPoint();
    // A new logical id is a new, empty file system.
    resource.overrideLogicalId('WorkspaceFileSystem');
    (this.accessPoint.node.defaultChild as CfnAccessPoint).overrideLogicalId('WorkspaceAccessPoint');
    new CfnOutput(this, 'Id', { value: this.fileSystem.fileSystemId }).overrideLogicalId('FileSystemId');
    new CfnOutput(this, 'AccessPoint', { value: this.accessPoint.accessPointId }).overrideLogicalId('AccessPointId');
  }

  /** What a role needs to mount the file system by one access point, the functions' own if none is named, and by no other. */
  mountStatement(accessPointArn: string = this.accessPoint.accessPointArn): PolicyStatement {
    return new PolicyStatement({
      actions: [MOUNT, WRITE],
      resources: [this.fileSystem.fileSystemArn],
      conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPointArn } },
    });
  }

  /**
   * What a role needs to make access points for sessions, or only to remove them. Those that exist are known to IAM by
   * the tag that names this file system: one can be made with it only, get it only while it is made, and be removed
   * only if it has it. The functions' own has none.
   */
  accessPointStatements(may: 'make' | 'remove'): PolicyStatement[] {
    const { fileSystemArn, fileSystemId } = this.fileSystem;
    const anyAccessPoint = Stack.of(this).formatArn({
      service: 'elasticfilesystem',
      resource: 'access-point',
      resourceName: '*',
    });
    const requested = { [`aws:RequestTag/${ACCESS_POINT_TAGS.fileSystem}`]: fileSystemId };
    const allow = (action: string, resources: string[], conditions: Record<string, string> = {}) =>
      new PolicyStatement({
        actions: [action],
        resources,
        ...(Object.keys(conditions).length > 0 && { conditions: { StringEquals: conditions } }),
      });
    const making = [
      allow(CREATE, [fileSystemArn], requested),
      allow(TAG, [fileSystemArn, anyAccessPoint], {
        ...requested,
        'elasticfilesystem:CreateAction': 'CreateAccessPoint',
      }),
    ];
    return [
      ...(may === 'make' ? making : []),
      allow(DELETE, [anyAccessPoint], { [`aws:ResourceTag/${ACCESS_POINT_TAGS.fileSystem}`]: fileSystemId }),
      // By its id also one that is gone, which has no tags: that is how it is told apart from one that may not be removed.
      allow(DESCRIBE, [fileSystemArn, anyAccessPoint]),
    ];
  }
}

/** Only refusals: who may mount is said by the roles. EFS applies the policy to the file system that carries it. */
function onlyEncryptedAndByAccessPoint(): PolicyDocument {
  const refuse = (sid: string, actions: string[], conditions: Record<string, Record<string, string>> = {}) =>
    new PolicyStatement({ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions, conditions });
  return new PolicyDocument({
    statements: [
      refuse('RefuseUnencryptedTransport', [MOUNT, WRITE, ROOT], { Bool: { 'aws:SecureTransport': 'false' } }),
      refuse('RefuseRootAccess', [ROOT]),
      refuse('RefuseMountsWithoutAccessPoint', [MOUNT], { Null: { 'elasticfilesystem:AccessPointArn': 'true' } }),
    ],
  });
}
