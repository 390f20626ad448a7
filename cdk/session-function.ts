import path from 'node:path';
import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLogLevel,
  Architecture,
  FileSystem as FunctionFileSystem,
  LoggingFormat,
  Runtime,
  Tracing,
  type FunctionOptions,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, type BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { newFunctionRole } from './function-role.ts';
import { functionRows, idOfFunction, WORKSPACE_ROOT, type FunctionName, type FunctionRow } from './function-rows.ts';
import { newLogGroup } from './log-group.ts';
import type { SecretsKey } from './secrets-key.ts';
import { variablesOf, type StackConfig } from './stack-config.ts';
import { FUNCTIONS_ID, FUNCTIONS_ROOT, type WorkspaceFileSystem } from './workspace-file-system.ts';
import type { WorkspaceNetwork } from './workspace-network.ts';

export interface SessionFunctionProps {
  name: FunctionName;
  config: StackConfig;
  table: ITable;
  secretsKey: SecretsKey;
  network: WorkspaceNetwork;
  workspaces: WorkspaceFileSystem;
}

const projectRoot = path.resolve(import.meta.dirname, '..');

/** By esbuild on this machine: one ES module with everything in it, the AWS SDK included, so that versions are ours. */
const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  externalModules: [],
  minify: true,
  // Errors are known by their names, in logs and to whoever invokes.
  keepNames: true,
  sourceMap: true,
  sourcesContent: false,
  esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': './lib/environment-credentials.ts' },
  // What is CommonJS in the bundle may ask for Node's own modules by `require`.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
};

/** One function as its row says, from `functions/<name>.ts`. */
export class SessionFunction extends Construct {
  readonly row: FunctionRow;
  readonly function: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, props: SessionFunctionProps) {
    const { name, config } = props;
    const id = idOfFunction(name);
    super(scope, id);
    this.row = functionRows[name];
    this.logGroup = newLogGroup(this, 'Logs', config);
    this.function = new NodejsFunction(this, 'Function', {
      description: `Session manager: ${name}`,
      entry: path.join(projectRoot, 'functions', `${name}.ts`),
      projectRoot,
      depsLockFilePath: path.join(projectRoot, 'package-lock.json'),
      bundling,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: this.row.memoryMb,
      timeout: Duration.seconds(this.row.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      role: newFunctionRole(this, { row: this.row, logGroup: this.logGroup, ...props }),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: lambdaLogLevel[config.logLevel],
      environment: { ...environmentOf(this.row, props), NODE_OPTIONS: '--enable-source-maps' },
      awsSdkConnectionReuse: false,
      ...(this.row.mountsWorkspaces && mounted(props)),
    });
    new CfnOutput(this, 'Name', { value: this.function.functionName }).overrideLogicalId(`${id}FunctionName`);
  }
}

/** Lambda filters by a level of its own, which must let through what the functions write. */
const lambdaLogLevel: Record<StackConfig['logLevel'], ApplicationLogLevel> = {
  TRACE: ApplicationLogLevel.TRACE,
  DEBUG: ApplicationLogLevel.DEBUG,
  INFO: ApplicationLogLevel.INFO,
  WARN: ApplicationLogLevel.WARN,
  ERROR: ApplicationLogLevel.ERROR,
  CRITICAL: ApplicationLogLevel.FATAL,
  SILENT: ApplicationLogLevel.FATAL,
};

const answersCallers = ({ settings }: FunctionRow): boolean => settings.includes('jwtOrgClaim');

function environmentOf(
  row: FunctionRow,
  { config, table, secretsKey, workspaces }: SessionFunctionProps,
): Record<string, string> {
  const settings = row.settings.flatMap((name) => {
    const value = config.environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  return variablesOf({
    ...(Object.fromEntries(settings) as StackConfig['environment']),
    ...(row.tableActions.length > 0 && { tableName: table.tableName }),
    ...(answersCallers(row) && {
      authMode: config.jwtIssuer === undefined ? 'headers' : 'jwt',
      metricsNamespace: config.stackName,
    }),
    ...(row.secrets !== undefined && { secretsKmsKeyId: secretsKey.key.keyId }),
    ...(row.knowsWorkspaceRoot && { workspaceRoot: WORKSPACE_ROOT }),
    ...(row.accessPoints && {
      fileSystemId: workspaces.fileSystem.fileSystemId,
      fileSystemRoot: FUNCTIONS_ROOT,
      fileSystemUid: FUNCTIONS_ID,
    }),
  });
}

function mounted({ network, workspaces }: SessionFunctionProps): FunctionOptions {
  return {
    vpc: network.vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    securityGroups: [network.functionSecurityGroup],
    filesystem: new WorkspaceMount(workspaces),
  };
}

/** Like `FromEfsAccessPoint`, whose permissions name any file system: the role has its own already. */
class WorkspaceMount extends FunctionFileSystem {
  constructor({ accessPoint, fileSystem }: WorkspaceFileSystem) {
    super({
      localMountPath: WORKSPACE_ROOT,
      arn: accessPoint.accessPointArn,
      dependency: [fileSystem.mountTargetsAvailable],
    });
  }
}
