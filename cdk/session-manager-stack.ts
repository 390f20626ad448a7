import { Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { functionVariable } from '../lib/api/client-environment.ts';
import { API_FUNCTIONS, type ApiFunction } from '../lib/operations/operation.ts';
import { Alarms } from './alarms.ts';
import { SessionDashboard } from './dashboard.ts';
import { FUNCTION_NAMES, type FunctionName } from './function-rows.ts';
import { SessionHttpApi } from './http-api.ts';
import { Schedules } from './schedules.ts';
import { SecretsKey } from './secrets-key.ts';
import { SessionEventBus } from './session-event-bus.ts';
import { SessionEventStream } from './session-event-stream.ts';
import { SessionFunction } from './session-function.ts';
import { SessionTable } from './session-table.ts';
import type { StackConfig } from './stack-config.ts';
import { WorkspaceFileSystem } from './workspace-file-system.ts';
import { WorkspaceNetwork } from './workspace-network.ts';

/** Those that make a difference to this template, so that it is the same in every app: names of resources are among it. */
const FEATURE_FLAGS = ['@aws-cdk/aws-iam:minimizePolicies', '@aws-cdk/aws-efs:mountTargetOrderInsensitiveLogicalId'];

/** Everything that makes up the session manager on AWS. Idle, it costs its storage, its alarms and its key. */
export class SessionManagerStack extends Stack {
  readonly functions: Readonly<Record<FunctionName, SessionFunction>>;
  /** For whoever acts on the events of sessions. */
  readonly events: SessionEventBus;
  /** For compute that mounts a workspace. */
  readonly network: WorkspaceNetwork;
  readonly workspaces: WorkspaceFileSystem;

  /** `props`: where it is deployed to, its tags and the like; by default wherever the CDK's command line is. */
  constructor(scope: Construct, config: StackConfig, props: Omit<StackProps, 'stackName'> = {}) {
    super(scope, config.stackName, {
      description: 'Sessions for AI agents: workspaces, MCP clients, exact limits',
      terminationProtection: config.terminationProtection,
      ...props,
    });
    for (const flag of FEATURE_FLAGS) this.node.setContext(flag, true);
    const { table } = new SessionTable(this, 'Table', config);
    const secretsKey = new SecretsKey(this, 'Secrets', config);
    const eventBus = new SessionEventBus(this, 'Events', config);
    const network = new WorkspaceNetwork(this, 'Network', config, table);
    const workspaces = new WorkspaceFileSystem(this, 'Workspaces', config, network);

    this.events = eventBus;
    this.network = network;
    this.workspaces = workspaces;

    const functions = forEach(
      FUNCTION_NAMES,
      (name) => new SessionFunction(this, { name, config, table, secretsKey, eventBus, network, workspaces }),
    );
    this.functions = functions;
    const lambdas = forEach(API_FUNCTIONS, (name) => functions[name].function);
    const { api, accessLog } = new SessionHttpApi(this, 'Http', config, lambdas);
    const schedules = new Schedules(this, 'Schedules', config, lambdas);
    const { deadLetters } = schedules;
    new SessionEventStream(this, 'Stream', { table, handler: functions['session-events'].function, deadLetters });

    new Alarms(this, 'Alarms', { config, accessLog, table, functions, schedules });
    if (config.dashboard) new SessionDashboard(this, 'Dashboard', { api, table, functions });
  }

  /**
   * Lets another function use a `SessionManagerClient`: the permission to invoke, and the variables that the client
   * reads. With it the function acts as an operator; name only the groups whose operations it calls.
   */
  grantInvoke(caller: LambdaFunction, groups: readonly ApiFunction[] = API_FUNCTIONS): void {
    const arns = groups.map((group) => this.functions[group].function.functionArn);
    caller.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: arns }));
    for (const group of groups) {
      caller.addEnvironment(functionVariable(group), this.functions[group].function.functionArn);
    }
  }
}

const forEach = <Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Record<Name, T> =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>;
