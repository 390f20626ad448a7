import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { FUNCTION_NAMES, idOfFunction, type FunctionName } from '../../../cdk/function-rows.ts';
import { readConfig } from '../../../lib/configuration.ts';
import { dynamoDbClient } from '../../../lib/composition/clients.ts';
import { createTable } from '../../../local/create-table.ts';
import { EventBridgeServer } from '../../telemetry/events/event-bridge-server.ts';
import { EfsServer, FILE_SYSTEM } from '../../workspaces/access-points/efs-server.ts';
import { each, permissionsOf, statementsOf } from '../permissions.ts';
import { functionResources, newApp, textOf } from '../synth.ts';
import { bundlesOfRun } from './bundles-of-run.ts';
import type { FunctionCode } from './function-instance.ts';
import { FunctionInstance } from './function-instance.ts';
import { PermissionGate } from './permission-gate.ts';

export interface DeployedFunction {
  instance: FunctionInstance;
  gate: PermissionGate;
  /** Of the table, as `permissionsOf` gives them. */
  granted: string[];
}

/**
 * A synthesized stack on one machine: each function a Node 24 process with the bundle, the environment and the
 * permissions that the template gives it. DynamoDB Local stands for the table and a directory for the file system.
 */
export class Deployment {
  readonly root: string;
  readonly tableName: string;
  readonly directories: Record<FunctionName, string>;
  /** Stands for the EFS API. */
  readonly efs: EfsServer;
  /** Stands for EventBridge. */
  readonly bus: EventBridgeServer;
  private readonly functions: Record<FunctionName, DeployedFunction>;

  private constructor(
    { root, tableName }: { root: string; tableName: string },
    efs: EfsServer,
    bus: EventBridgeServer,
    directories: Record<FunctionName, string>,
    functions: Record<FunctionName, DeployedFunction>,
  ) {
    this.root = root;
    this.tableName = tableName;
    this.efs = efs;
    this.bus = bus;
    this.directories = directories;
    this.functions = functions;
  }

  static async start(context: Record<string, unknown>): Promise<Deployment> {
    const { stack } = newApp(context);
    const bundles = await bundlesOfRun();
    const root = await mkdtemp(path.join(tmpdir(), 'deployment-'));
    const tableName = await newTable();
    const efs = await EfsServer.start();
    const bus = await EventBridgeServer.start();
    bus.refuses = refusalBy(Template.fromStack(stack));
    const permissions = permissionsOf(Template.fromStack(stack));
    const directories: Partial<Record<FunctionName, string>> = {};
    const functions: Partial<Record<FunctionName, DeployedFunction>> = {};
    for (const [name, resource] of Object.entries(functionResources(stack)) as [FunctionName, object][]) {
      const directory = path.join(root, 'code', name);
      const { Properties } = resource as unknown as SynthesizedFunction;
      cpSync(bundles[name], directory, { recursive: true });
      directories[name] = directory;
      const granted = (permissions[`${idOfFunction(name)}Role`]?.allowed ?? []).filter((line) =>
        line.startsWith('dynamodb:'),
      );
      const gate = new PermissionGate(process.env.DYNAMODB_ENDPOINT as string, granted);
      const here = {
        TABLE_NAME: tableName,
        DYNAMODB_ENDPOINT: await gate.start(),
        ...(Properties.Environment.Variables.FILE_SYSTEM_ID && {
          FILE_SYSTEM_ID: FILE_SYSTEM,
          AWS_ENDPOINT_URL_EFS: efs.url,
        }),
        ...(Properties.Environment.Variables.EVENT_BUS_NAME && { AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url }),
        ...(Properties.Environment.Variables.WORKSPACE_ROOT && { WORKSPACE_ROOT: path.join(root, 'workspaces') }),
      };
      const instance = await FunctionInstance.start(codeOf(name, directory, Properties, here));
      functions[name] = { instance, gate, granted };
    }
    return new Deployment(
      { root, tableName },
      efs,
      bus,
      directories as Record<FunctionName, string>,
      functions as Record<FunctionName, DeployedFunction>,
    );
  }

  of(name: FunctionName): DeployedFunction {
    return this.functions[name];
  }

  get workspaceRoot(): string {
    return path.join(this.root, 'workspaces');
  }

  async stop(): Promise<void> {
    for (const name of FUNCTION_NAMES) {
      await this.functions[name].instance.stop();
      await this.functions[name].gate.stop();
    }
    await this.efs.stop();
    await this.bus.stop();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** As EventBridge judges each entry: by the bus and the source that the role of `session-events` allows. */
function refusalBy(template: Template): EventBridgeServer['refuses'] {
  const statements = statementsOf(template)
    .filter(([role]) => role === 'SessionEventsRole')
    .flatMap(([, ofRole]) => ofRole.filter(({ Action }) => each(Action).includes('events:PutEvents')));
  return ({ EventBusName, Source }) =>
    statements.some(
      ({ Resource, Condition }) =>
        textOf(Resource).endsWith(`:event-bus/${EventBusName}`) &&
        Condition?.StringEquals?.['events:source'] === Source,
    )
      ? undefined
      : 'NotAuthorizedForSourceException';
}

interface SynthesizedFunction {
  Properties: {
    Handler: string;
    Timeout: number;
    MemorySize: number;
    Environment: { Variables: Record<string, string> };
  };
}

const codeOf = (
  name: string,
  directory: string,
  { Handler, Timeout, MemorySize, Environment }: SynthesizedFunction['Properties'],
  here: Record<string, string>,
): FunctionCode => ({
  name,
  directory,
  handler: Handler,
  timeoutSeconds: Timeout,
  memoryMb: MemorySize,
  variables: { ...Environment.Variables, ...here },
});

async function newTable(): Promise<string> {
  const tableName = `deployment-${randomUUID()}`;
  const client = dynamoDbClient(readConfig({ DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT }), {});
  await createTable(client, tableName);
  client.destroy();
  return tableName;
}
