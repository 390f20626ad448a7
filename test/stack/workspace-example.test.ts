import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { WorkspaceReaderStack } from '../../cdk/examples/workspace-reader-stack.ts';
import { FunctionInstance } from './lambda/function-instance.ts';
import { each, statementsOf } from './permissions.ts';
import { newApp, resourcesOf } from './synth.ts';

const ACCESS_POINT = 'fsap-0123456789abcdef0';
/** Only its own function: the others are not run here. */
const OWN_BUNDLE = { 'aws:cdk:bundling-stacks': ['Reader'], 'aws:cdk:enable-asset-metadata': true };

describe('the example that mounts one workspace', () => {
  const { app, stack, outdir } = newApp(OWN_BUNDLE);
  const reader = new WorkspaceReaderStack(app, 'Reader', { sessionManager: stack, accessPointId: ACCESS_POINT });
  const template = Template.fromStack(reader);
  const fn = resourcesOf(template)[reader.getLogicalId(reader.function.node.defaultChild as CfnFunction)];
  const arnOf = (value: unknown) => (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1].at(-1);

  test('has a role that may mount by that access point, and do nothing else', () => {
    const statements = statementsOf(template).flatMap(([, ofRole]) => ofRole);
    expect(statements).toHaveLength(1);
    const [{ Effect, Action, Resource, Condition }] = statements as [(typeof statements)[number]];
    expect(Effect).toBe('Allow');
    expect(each(Action).sort()).toEqual(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']);
    expect(JSON.stringify(Resource)).toContain('WorkspaceFileSystem');
    expect(Object.keys(Condition ?? {})).toEqual(['StringEquals']);
    expect(Object.keys(Condition?.StringEquals ?? {})).toEqual(['elasticfilesystem:AccessPointArn']);
    expect(arnOf(Condition?.StringEquals?.['elasticfilesystem:AccessPointArn'])).toBe(`:access-point/${ACCESS_POINT}`);
  });

  test('mounts that access point, in the network of the file system, which lets it in', () => {
    const { FileSystemConfigs, VpcConfig, Environment } = fn?.Properties as unknown as {
      FileSystemConfigs: { Arn: unknown; LocalMountPath: string }[];
      VpcConfig: { SubnetIds: unknown[] };
      Environment: { Variables: Record<string, string> };
    };
    expect(FileSystemConfigs.map(({ Arn }) => arnOf(Arn))).toEqual([`:access-point/${ACCESS_POINT}`]);
    expect(FileSystemConfigs[0]?.LocalMountPath).toBe(Environment.Variables.WORKSPACE);
    expect(VpcConfig.SubnetIds).toHaveLength(2);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, ToPort: 2049 });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Reads a workspace' });
  });

  test('runs, and reads what is in the directory that it has mounted', async () => {
    const workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'));
    await mkdir(path.join(workspace, 'notes'));
    await writeFile(path.join(workspace, 'notes', 'a.txt'), 'hello');
    const instance = await FunctionInstance.start({
      name: 'workspace-reader',
      directory: path.join(outdir, fn?.Metadata?.['aws:asset:path'] as string),
      handler: String(fn?.Properties.Handler),
      timeoutSeconds: 60,
      memoryMb: 128,
      variables: { WORKSPACE: workspace },
    });
    try {
      expect(await instance.invoke({})).toEqual({ answer: { files: ['notes', 'notes/a.txt'] } });
      expect(await instance.invoke({ file: 'notes/a.txt' })).toEqual({ answer: { text: 'hello' } });
    } finally {
      await instance.stop();
      await rm(workspace, { recursive: true });
    }
  });
});
