import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { WorkspaceReaderStack } from '../../cdk/examples/workspace-reader-stack.ts';
import { WorkspaceRestorerStack } from '../../cdk/examples/workspace-restorer-stack.ts';
import { functionRows, type FunctionName } from '../../cdk/function-rows.ts';
import { GuestSubnets, StackConfigError } from '../../cdk/index.ts';
import { functionResources, newApp, resourcesOf } from './synth.ts';

interface Association {
  SubnetId: { Ref: string };
  RouteTableId: { Ref: string };
}

const ofType = <T>(template: Template, type: string): T[] =>
  Object.values(resourcesOf(template))
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties as unknown as T);

const ASSOCIATION = 'AWS::EC2::SubnetRouteTableAssociation';

describe('guests of the network, with a NAT gateway', () => {
  const { app, stack } = newApp();
  const accessPointId = 'fsap-0123456789abcdef0';
  const reader = new WorkspaceReaderStack(app, 'Reader', { sessionManager: stack, accessPointId, internet: true });
  const restorer = new WorkspaceRestorerStack(app, 'Restorer', { sessionManager: stack, accessPointId });
  const [own, guests] = [Template.fromStack(stack), Template.fromStack(reader)] as [Template, Template];

  // The guide said to add one to the network: its only subnets were those of the functions with all workspaces.
  test('leave the subnets of functions with workspaces without a route out', () => {
    const mounting = Object.entries(functionResources(stack)).filter(
      ([name]) => functionRows[name as FunctionName].mountsWorkspaces,
    );
    const subnets = mounting.flatMap(([, { Properties }]) =>
      (Properties.VpcConfig as unknown as { SubnetIds: { Ref: string }[] }).SubnetIds.map(({ Ref }) => Ref),
    );
    expect(subnets.length).toBeGreaterThanOrEqual(6);
    const tables = ofType<Association>(own, ASSOCIATION)
      .filter(({ SubnetId }) => subnets.includes(SubnetId.Ref))
      .map(({ RouteTableId }) => RouteTableId.Ref);
    expect(new Set(tables).size).toBe(new Set(subnets).size);
    // A route of any stack names its table, as a reference or as an import.
    const routes = [own, guests].flatMap((template) => ofType(template, 'AWS::EC2::Route'));
    expect(routes.length).toBeGreaterThan(0);
    for (const table of tables) expect(JSON.stringify(routes)).not.toContain(table);
    // Nor is one of these subnets given another table.
    const associated = JSON.stringify(ofType(guests, ASSOCIATION));
    for (const subnet of subnets) expect(associated).not.toContain(subnet);
  });

  // CloudFormation found it out, when it made the subnets.
  test.each(['10.216.0.0/26', '10.216.0.7/24', '10.216.0.0', '127.0.0.0/24'])('have no block such as %s', (cidr) => {
    const { stack: other } = newApp();
    expect(() => new GuestSubnets(other, 'Guests', { network: other.network, cidr })).toThrow(StackConfigError);
  });

  test('have subnets and route tables of their own, in the zones of the files, that lead to the gateway', () => {
    const associations = ofType<Association>(guests, ASSOCIATION);
    expect(new Set(associations.map(({ RouteTableId }) => RouteTableId.Ref)).size).toBe(associations.length);
    const toNat = ofType<{ NatGatewayId?: unknown; RouteTableId: { Ref: string } }>(guests, 'AWS::EC2::Route').filter(
      ({ NatGatewayId }) => NatGatewayId !== undefined,
    );
    expect(toNat).toHaveLength(2);
    guests.resourceCountIs('AWS::EC2::NatGateway', 1);
    const [fn] = ofType<{ VpcConfig: { SubnetIds: { Ref: string }[] } }>(guests, 'AWS::Lambda::Function');
    const ofFunction = fn?.VpcConfig.SubnetIds.map(({ Ref }) => Ref) ?? [];
    const withNat = associations.filter(({ SubnetId }) => ofFunction.includes(SubnetId.Ref));
    expect(withNat.map(({ RouteTableId }) => RouteTableId.Ref)).toEqual(
      toNat.map(({ RouteTableId }) => RouteTableId.Ref),
    );
    expect(JSON.stringify(ofType(guests, 'AWS::EC2::Subnet'))).toContain('IsolatedSubnet1');
  });

  test('come without anything that is paid by the hour unless it is asked for', () => {
    const made = newApp();
    const without = Template.fromStack(
      new WorkspaceReaderStack(made.app, 'Reader', { sessionManager: made.stack, accessPointId }),
    );
    for (const type of ['NatGateway', 'EIP', 'InternetGateway', 'Route']) {
      without.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
  });

  test('are joined, for a restore, by a function that mounts the root of the files as the functions’ identity', () => {
    const template = Template.fromStack(restorer);
    const [fn] = ofType<{ Timeout: number; FileSystemConfigs: unknown }>(template, 'AWS::Lambda::Function');
    expect(fn?.Timeout).toBe(900);
    expect(JSON.stringify(fn?.FileSystemConfigs)).toContain(accessPointId);
    expect(Object.keys(template.findOutputs('*'))).toEqual(['RestorerFunctionName']);
  });
});

describe('the function that restores workspaces', () => {
  const SESSION = '01a2045b-8d44-72e6-97c0-cb9917303a81';
  const workspace = `J%C3%BCrgen/${SESSION}`;

  test('copies the latest restore to its place, keeps what is there, and takes no path for a workspace', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'files-'));
    process.env.WORKSPACE = root;
    const { handler } = await import('../../cdk/examples/workspace-restorer.ts');
    const put = async (directory: string, name: string, text: string, mode = 0o600) => {
      await mkdir(path.join(root, directory, workspace, 'src'), { recursive: true, mode: 0o700 });
      await writeFile(path.join(root, directory, workspace, name), text, { mode });
    };
    try {
      await put('aws-backup-restore_2026-11-01T00-00-00Z/workspaces', 'notes.md', 'old');
      const restored = 'aws-backup-restore_2026-11-20T00-00-00Z/workspaces';
      await put(restored, 'notes.md', 'restored');
      await put(restored, 'src/run.sh', '#!/bin/sh', 0o755);
      await put('workspaces', 'notes.md', 'written since');
      expect(await handler({ workspace })).toEqual({ from: `${restored}/${workspace}` });
      const place = path.join(root, 'workspaces', workspace);
      expect(await readFile(path.join(place, 'notes.md'), 'utf8')).toBe('written since');
      expect(await readFile(path.join(place, 'src/run.sh'), 'utf8')).toBe('#!/bin/sh');
      expect((await stat(path.join(place, 'src/run.sh'))).mode & 0o777).toBe(0o755);
      await expect(handler({ workspace: `ada/${SESSION}` })).rejects.toThrow('No restore has');
      for (const wrong of [`../${SESSION}`, `ada/../${SESSION}`, '/etc/passwd', `./${SESSION}`]) {
        await expect(handler({ workspace: wrong })).rejects.toThrow('is no workspace');
      }
    } finally {
      delete process.env.WORKSPACE;
      await rm(root, { recursive: true });
    }
  });
});
