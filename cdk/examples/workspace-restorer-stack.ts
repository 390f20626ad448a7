import path from 'node:path';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { SessionManagerStack } from '../session-manager-stack.ts';
import { MountedFunction } from './mounted-function.ts';

export interface WorkspaceRestorerProps {
  sessionManager: SessionManagerStack;
  /** Of the root of the file system, for the POSIX identity of the functions. */
  accessPointId: string;
}

/** For as long as a restore takes: copies workspaces from where AWS Backup puts them to where the functions find them. */
export class WorkspaceRestorerStack extends Stack {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { sessionManager, accessPointId }: WorkspaceRestorerProps) {
    super(scope, id);
    const restorer = new MountedFunction(this, 'WorkspaceRestorer', {
      sessionManager,
      accessPointId,
      entry: path.join(import.meta.dirname, 'workspace-restorer.ts'),
      description: 'Restores workspaces',
      timeout: Duration.minutes(15),
      subnets: sessionManager.network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnets,
    });
    this.function = restorer.function;
    new CfnOutput(this, 'Name', { value: this.function.functionName }).overrideLogicalId('RestorerFunctionName');
  }
}
