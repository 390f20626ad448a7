import path from 'node:path';
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Architecture, FileSystem, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { SessionManagerStack } from '../session-manager-stack.ts';

export interface WorkspaceReaderProps {
  sessionManager: SessionManagerStack;
  /** What `POST /sessions/{sessionId}/workspace-access` answered. */
  accessPointId: string;
}

const MOUNTED_AT = '/mnt/workspace';

/**
 * Other compute that works in one session's workspace. Its role may mount the file system by that session's access
 * point and by no other, and the access point leads to that session's directory and nowhere else.
 */
export class WorkspaceReaderStack extends Stack {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { sessionManager, accessPointId }: WorkspaceReaderProps) {
    super(scope, id);
    const { network, workspaces } = sessionManager;
    const accessPointArn = this.formatArn({
      service: 'elasticfilesystem',
      resource: 'access-point',
      resourceName: accessPointId,
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'Reads a workspace',
      allowAllOutbound: false,
    });
    // By its id, so that the rule that lets this group in belongs to this stack.
    const { securityGroupId } = network.fileSystemSecurityGroup;
    securityGroup.connections.allowTo(
      SecurityGroup.fromSecurityGroupId(this, 'FileSystem', securityGroupId),
      Port.tcp(2049),
      'NFS',
    );
    this.function = new NodejsFunction(this, 'WorkspaceReader', {
      entry: path.join(import.meta.dirname, 'workspace-reader.ts'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(1),
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'] },
      environment: { WORKSPACE: MOUNTED_AT },
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [securityGroup],
      filesystem: new WorkspaceMount(MOUNTED_AT, accessPointArn),
    });
    this.function.addToRolePolicy(workspaces.mountStatement(accessPointArn));
    for (const policy of ['AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole']) {
      Validations.of(this.function).acknowledge({
        id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`,
        reason: 'An example: the managed policy lets it write its log and have its network interfaces, nothing else.',
      });
    }
  }
}

/** By its ARN: `FileSystem.fromEfsAccessPoint` would let the role mount any file system of the account. */
class WorkspaceMount extends FileSystem {
  constructor(localMountPath: string, arn: string) {
    super({ localMountPath, arn });
  }
}
