import type { Duration } from 'aws-cdk-lib';
import { Stack, Validations } from 'aws-cdk-lib';
import { Port, SecurityGroup, type ISubnet } from 'aws-cdk-lib/aws-ec2';
import { Architecture, FileSystem, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import type { SessionManagerStack } from '../session-manager-stack.ts';

export interface MountedFunctionProps {
  sessionManager: SessionManagerStack;
  accessPointId: string;
  /** The file with its handler. */
  entry: string;
  description: string;
  timeout: Duration;
  subnets: ISubnet[];
}

const MOUNTED_AT = '/mnt/workspace';

/** A function that mounts the file system by one access point and by no other; its code finds it at `WORKSPACE`. */
export class MountedFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: MountedFunctionProps) {
    super(scope, id);
    const { sessionManager, accessPointId, entry, description, timeout, subnets } = props;
    const { network, workspaces } = sessionManager;
    const accessPointArn = Stack.of(this).formatArn({
      service: 'elasticfilesystem',
      resource: 'access-point',
      resourceName: accessPointId,
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description,
      allowAllOutbound: false,
    });
    // By its id, so that the rule that lets this group in belongs to this stack.
    const { securityGroupId } = network.fileSystemSecurityGroup;
    securityGroup.connections.allowTo(
      SecurityGroup.fromSecurityGroupId(this, 'FileSystem', securityGroupId),
      Port.tcp(2049),
      'NFS',
    );
    this.function = new NodejsFunction(this, 'Function', {
      entry,
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout,
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'] },
      environment: { WORKSPACE: MOUNTED_AT },
      vpc: network.vpc,
      vpcSubnets: { subnets },
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
