import assert from 'node:assert/strict';
import { startEverythingServer } from '../../mcp-clients/everything-server.ts';
import { endOfSession } from '../lambda/stream-records.ts';
import { resourcesOf, synthTemplate } from '../synth.ts';
import { MotoFunctions } from './moto-functions.ts';
import { MotoServer } from './moto-server.ts';

/** The types of which moto 5.2 makes nothing. */
const LACKING = [
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
];

/** Makes the template in moto and lets a session live its whole life there. Throws where something is not as on AWS. */
export async function checkInMoto(directory: string, say: (line: string) => void): Promise<void> {
  const moto = await MotoServer.start(directory);
  try {
    const template = synthTemplate();
    const { ids, lacking } = await moto.deploy(template.toJSON() as Parameters<MotoServer['deploy']>[0]);
    say(`moto made ${Object.keys(ids).length} of ${Object.keys(resourcesOf(template)).length} resources.`);
    say(`moto has no:\n${lacking.map((type) => `- ${type}`).join('\n')}`);
    const unexpected = lacking.filter((type) => !LACKING.includes(type));
    assert.deepEqual(unexpected, [], 'moto makes these types, but not as the template has them');
    const functions = await MotoFunctions.start(moto.url, ids, directory);
    try {
      await liveOneSession(functions, say);
    } finally {
      await functions.stop();
    }
  } finally {
    await moto.stop();
  }
}

/** The demo's steps. */
async function liveOneSession(functions: MotoFunctions, say: (line: string) => void): Promise<void> {
  const owner = { userId: 'ada', orgId: 'acme' };
  const first = { ...owner, idempotencyKey: 'first' };
  const { id: sessionId } = await functions.call<{ id: string }>('lifecycle', 'createSession', first);
  const again = await functions.call<{ id: string }>('lifecycle', 'createSession', first);
  assert.equal(again.id, sessionId);
  say('ok: a session is created, once for one idempotency key');

  await functions.call('records', 'updateSystemPrompt', { sessionId, systemPrompt: 'Be brief.' });
  const prompt = await functions.call('records', 'getSystemPrompt', { sessionId });
  assert.deepEqual(prompt, { systemPrompt: 'Be brief.' });
  say('ok: its system prompt is set and read');

  await callTool(functions, sessionId);
  say('ok: an MCP client is added, its credentials sealed by KMS, and a tool called');

  const content = Buffer.from('hello').toString('base64');
  await functions.call('workspace', 'writeFile', { sessionId, path: 'notes.md', content });
  const file = await functions.call<{ content: string }>('workspace', 'readFile', { sessionId, path: 'notes.md' });
  assert.equal(file.content, content);
  say('ok: a file is written and read');

  const access = await functions.call<{ accessPointId: string }>('access', 'grantWorkspaceAccess', { sessionId });
  assert.match(access.accessPointId, /^fsap-/);
  say('ok: EFS makes an access point');

  assert.equal(await activeOf(functions, owner), 1);
  await functions.call('lifecycle', 'cleanupSession', { sessionId });
  assert.equal(await activeOf(functions, owner), 0);
  const { more } = await functions.call<{ more: boolean }>('cleanup', 'reconcile', {});
  assert.equal(more, false);
  say('ok: the session ends and gives its seat back, and a reconcile runs');

  const told = await functions.invoke('session-events', { Records: [endOfSession(access.accessPointId)] });
  assert.deepEqual(told, { batchItemFailures: [] });
  say('ok: its end removes the access point and reaches EventBridge');
}

async function callTool(functions: MotoFunctions, sessionId: string): Promise<void> {
  const mcp = await startEverythingServer();
  try {
    const secret = { auth: { type: 'bearer', token: 'secret' } };
    await functions.call('mcp', 'addMcpClient', { sessionId, id: 'tools', type: 'http', endpoint: mcp.url, ...secret });
    const call = { sessionId, clientId: 'tools', name: 'echo', arguments: { message: 'hi' } };
    assert.match(JSON.stringify(await functions.call('mcp', 'callMcpTool', call)), /Echo: hi/);
  } finally {
    await mcp.stop();
  }
}

async function activeOf(functions: MotoFunctions, owner: object): Promise<number> {
  const { user } = await functions.call<{ user: { active: number } }>('records', 'getUsage', owner);
  return user.active;
}
