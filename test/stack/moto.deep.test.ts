/**
 * The template in moto as far as moto goes, and the demo's steps by the bundles against what it made of it. moto admits too
 * much in a race, since its transactions are not isolated: limits are tested on DynamoDB Local.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/function-rows.ts';
import { startEverythingServer, type EverythingServer } from '../mcp-clients/everything-server.ts';
import { bundlesOfRun } from './lambda/bundles-of-run.ts';
import { FunctionInstance } from './lambda/function-instance.ts';
import { endOfSession } from './lambda/stream-records.ts';
import { isInstalled } from './moto/installed.ts';
import { MotoServer } from './moto/moto-server.ts';
import { functionResources, newApp, synthTemplate, type Resource } from './synth.ts';

const describeWithMoto = isInstalled('moto_server') ? describe : describe.skip;

describeWithMoto('in moto', () => {
  let moto: MotoServer;
  let mcp: EverythingServer;
  let root: string;
  let deployed: Awaited<ReturnType<MotoServer['deploy']>>;
  const functions: Partial<Record<FunctionName, FunctionInstance>> = {};

  beforeAll(async () => {
    moto = await MotoServer.start();
    mcp = await startEverythingServer();
    root = await mkdtemp(path.join(tmpdir(), 'in-moto-'));
    deployed = await moto.deploy(synthTemplate().toJSON() as Parameters<MotoServer['deploy']>[0]);
    const bundles = await bundlesOfRun();
    const { SessionTable, WorkspaceFileSystem, SecretsKey } = deployed.ids;
    const physical = {
      TABLE_NAME: SessionTable ?? '',
      FILE_SYSTEM_ID: WorkspaceFileSystem ?? '',
      SECRETS_KMS_KEY_ID: SecretsKey ?? '',
      WORKSPACE_ROOT: path.join(root, 'workspaces'),
    };
    for (const [name, { Properties }] of Object.entries(functionResources(newApp().stack)) as [
      FunctionName,
      Resource,
    ][]) {
      const { Variables } = Properties.Environment as unknown as { Variables: Record<string, string> };
      const own = Object.entries(physical).filter(([variable]) => variable in Variables);
      functions[name] = await FunctionInstance.start({
        name,
        directory: bundles[name],
        handler: String(Properties.Handler),
        timeoutSeconds: Number(Properties.Timeout),
        memoryMb: Number(Properties.MemorySize),
        variables: {
          ...Variables,
          ...Object.fromEntries(own),
          DYNAMODB_ENDPOINT: moto.url,
          AWS_ENDPOINT_URL: moto.url,
          MCP_ALLOW_LOOPBACK: 'true',
        },
      });
    }
  }, 300_000);
  afterAll(async () => {
    for (const instance of Object.values(functions)) await instance.stop();
    await mcp?.stop();
    await moto?.stop();
    await rm(root, { recursive: true, force: true });
  });

  async function call<T>(name: FunctionName, operation: string, input: object): Promise<T> {
    const outcome = await functions[name]?.invoke({ operation, input });
    expect([operation, outcome]).toMatchObject([operation, { answer: { ok: true } }]);
    return (outcome as { answer: { output: T } }).answer.output;
  }

  test('everything is made, but for what moto lacks', () => {
    expect(deployed.lacking).toEqual([
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Stage',
      'AWS::CloudWatch::Alarm',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Permission',
      'AWS::Logs::MetricFilter',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
      'AWS::Scheduler::ScheduleGroup',
    ]);
    expect(Object.keys(functions).sort()).toEqual([...FUNCTION_NAMES].sort());
  });

  test('a session lives its whole life by the bundles', async () => {
    const owner = { userId: 'ada', orgId: 'acme' };
    const { id: sessionId } = await call<{ id: string }>('lifecycle', 'createSession', {
      ...owner,
      idempotencyKey: 'a',
    });
    expect(await call('lifecycle', 'createSession', { ...owner, idempotencyKey: 'a' })).toMatchObject({
      id: sessionId,
    });
    await call('records', 'updateSystemPrompt', { sessionId, systemPrompt: 'Be brief.' });
    expect(await call('records', 'getSystemPrompt', { sessionId })).toEqual({ systemPrompt: 'Be brief.' });

    const client = { sessionId, clientId: 'tools' };
    const secret = { auth: { type: 'bearer', token: 'secret' } };
    await call('mcp', 'addMcpClient', { sessionId, id: 'tools', type: 'http', endpoint: mcp.url, ...secret });
    const echoed = await call('mcp', 'callMcpTool', { ...client, name: 'echo', arguments: { message: 'hi' } });
    expect(JSON.stringify(echoed)).toContain('Echo: hi');

    const content = Buffer.from('hello').toString('base64');
    await call('workspace', 'writeFile', { sessionId, path: 'notes.md', content });
    expect(await call('workspace', 'readFile', { sessionId, path: 'notes.md' })).toMatchObject({ content });
    const access = await call<{ accessPointId: string }>('access', 'grantWorkspaceAccess', { sessionId });
    expect(access.accessPointId).toMatch(/^fsap-/);

    expect(await call('records', 'getUsage', owner)).toMatchObject({ user: { active: 1 } });
    await call('lifecycle', 'cleanupSession', { sessionId });
    expect(await call('records', 'getUsage', owner)).toMatchObject({ user: { active: 0 } });
    const reconciled = await call('cleanup', 'reconcile', {});
    expect(reconciled).toMatchObject({ more: false });

    const told = await functions['session-events']?.invoke({ Records: [endOfSession(access.accessPointId)] });
    expect(told).toEqual({ answer: { batchItemFailures: [] } });
  }, 120_000);
});
