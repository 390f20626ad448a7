import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLogLevel,
  Architecture,
  FileSystem as FunctionFileSystem,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
  type FunctionOptions,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FILE_CALLS_AT_ONCE } from '../lib/workspaces/files/remove-tree.ts';
import { functionCode } from './function-code.ts';
import { newFunctionRole } from './function-role.ts';
import { functionRows, idOfFunction, WORKSPACE_ROOT, type FunctionName, type FunctionRow } from './function-rows.ts';
import { newLogGroup } from './log-group.ts';
import type { SessionEventBus } from './session-event-bus.ts';
import type { SecretsKey } from './secrets-key.ts';
import { variablesOf, type StackConfig } from './stack-config.ts';
import { FUNCTIONS_ID, FUNCTIONS_ROOT, type WorkspaceFileSystem } from './workspace-file-system.ts';
import type { WorkspaceNetwork } from './workspace-network.ts';

export interface SessionFunctionProps {
  name: FunctionName;
  config: StackConfig;
  table: ITable;
  secretsKey: SecretsKey;
  eventBus: SessionEventBus;
  network: WorkspaceNetwork;
  workspaces: WorkspaceFileSystem;
}

/** One function as its row says. */
export class SessionFunction extends Construct {
  readonly row: FunctionRow;
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, props: SessionFunctionProps) {
    const { name, config } = props;
    const id = idOfFunction(name);
    super(scope, id);
    this.row = functionRows[name];
    this.logGroup = newLogGroup(this, 'Logs', config);
    this.function = new LambdaFunction(this, 'Function', {
      description: `Session manager: ${name}`,
      code: functionCode(name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: this.row.memoryMb,
      timeout: Duration.seconds(this.row.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      role: newFunctionRole(this, { row: this.row, logGroup: this.logGroup, ...props }),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: lambdaLogLevel[config.logLevel],
      environment: { ...environmentOf(this.row, props), ...(this.row.mountsWorkspaces && FILE_CALLS) },
      ...(this.row.mountsWorkspaces && mounted(props)),
    });
    new CfnOutput(this, 'Name', { value: this.function.functionName }).overrideLogicalId(`${id}FunctionName`);
  }
}

/** Node waits for the answers to four calls at once unless told, and EFS takes milliseconds for each. A thread for each of ours. */
const FILE_CALLS = { UV_THREADPOOL_SIZE: String(FILE_CALLS_AT_ONCE) };

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
      metricsNamespace: Stack.of(table).stackName,
    }),
    ...(row.secrets !== undefined && { secretsKmsKeyId: secretsKey.key.keyId }),
    ...(row.sendsEvents && { eventBusName: config.eventBusName }),
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
