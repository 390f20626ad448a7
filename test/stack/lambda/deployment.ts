import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { GROUPS, type Group } from '../../../lib/api/operation.ts';
import { readConfig } from '../../../lib/config.ts';
import { dynamoDbClient } from '../../../lib/services.ts';
import { createTable } from '../../../local/create-table.ts';
import { permissionsOf } from '../permissions.ts';
import { functionResources, newApp } from '../synth.ts';
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
  readonly directories: Record<Group, string>;
  private readonly functions: Record<Group, DeployedFunction>;

  private constructor(root: string, directories: Record<Group, string>, functions: Record<Group, DeployedFunction>) {
    this.root = root;
    this.directories = directories;
    this.functions = functions;
  }

  static async start(context: Record<string, unknown>): Promise<Deployment> {
    const { stack, outdir } = newApp(context, 'all');
    const root = await mkdtemp(path.join(tmpdir(), 'deployment-'));
    const tableName = await newTable();
    const permissions = permissionsOf(Template.fromStack(stack));
    const directories: Partial<Record<Group, string>> = {};
    const functions: Partial<Record<Group, DeployedFunction>> = {};
    for (const [name, resource] of Object.entries(functionResources(stack)) as [Group, object][]) {
      const directory = path.join(root, 'code', name);
      const { Properties, Metadata } = resource as unknown as SynthesizedFunction;
      cpSync(path.join(outdir, Metadata['aws:asset:path']), directory, { recursive: true });
      directories[name] = directory;
      const role = `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`;
      const granted = (permissions[role]?.allowed ?? []).filter((line) => line.startsWith('dynamodb:'));
      const gate = new PermissionGate(process.env.DYNAMODB_ENDPOINT as string, granted);
      const here = {
        TABLE_NAME: tableName,
        DYNAMODB_ENDPOINT: await gate.start(),
        ...(Properties.Environment.Variables.WORKSPACE_ROOT && { WORKSPACE_ROOT: path.join(root, 'workspaces') }),
      };
      const instance = await FunctionInstance.start(codeOf(name, directory, Properties, here));
      functions[name] = { instance, gate, granted };
    }
    return new Deployment(root, directories as Record<Group, string>, functions as Record<Group, DeployedFunction>);
  }

  of(group: Group): DeployedFunction {
    return this.functions[group];
  }

  get workspaceRoot(): string {
    return path.join(this.root, 'workspaces');
  }

  async stop(): Promise<void> {
    for (const group of GROUPS) {
      await this.functions[group].instance.stop();
      await this.functions[group].gate.stop();
    }
    await rm(this.root, { recursive: true, force: true });
  }
}

interface SynthesizedFunction {
  Properties: {
    Handler: string;
    Timeout: number;
    MemorySize: number;
    Environment: { Variables: Record<string, string> };
  };
  Metadata: { 'aws:asset:path': string };
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
