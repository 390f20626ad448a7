import path from 'node:path';
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { SessionManagerStack } from '../session-manager-stack.ts';

/** For what is CommonJS in the bundle. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** A service that uses the session manager: one grant in its stack, one client in its code. */
export class NightlyJobStack extends Stack {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { sessionManager }: { sessionManager: SessionManagerStack }) {
    super(scope, id);
    this.function = new NodejsFunction(this, 'NightlyJob', {
      entry: path.join(import.meta.dirname, 'nightly-job.ts'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(1),
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], externalModules: [], banner: REQUIRE },
    });
    Validations.of(this.function).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason: 'An example: the managed policy lets it write its log, and nothing else.',
    });
    sessionManager.grantInvoke(this.function, ['lifecycle', 'records']);
  }
}
