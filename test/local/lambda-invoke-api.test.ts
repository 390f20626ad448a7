import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, newDirectory, startServer, type LocalServer } from './local-server.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

const LONG = 120_000;
const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:lifecycle';

describe('the Lambda Invoke API', () => {
  let server: LocalServer;
  let client: LambdaClient;

  beforeAll(async () => {
    server = await startServer({
      ...OWN_DATABASE,
      DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
      TABLE_NAME: `invoke-${process.pid}-${performance.now()}`,
      WORKSPACE_ROOT: await newDirectory(),
    });
    client = new LambdaClient({
      endpoint: server.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
  }, LONG);

  afterAll(() => client.destroy());

  const create = (userId: string) => ({ operation: 'createSession', input: { userId, orgId: 'workshop' } });

  async function invoke(FunctionName: string, event: unknown, more: Partial<InvokeCommandInput> = {}) {
    const Payload = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload, ...more }));
    const text = Buffer.from(answer.Payload ?? []).toString();
    return {
      status: answer.StatusCode,
      error: answer.FunctionError,
      output: text === '' ? '' : (JSON.parse(text) as unknown),
    };
  }

  const activeOf = async (userId: string) =>
    ((await ask(server, 'GET', '/usage', { headers: { 'x-user-id': userId } })).body as { user: { active: number } })
      .user.active;

  test.each([
    ['its name', 'lifecycle'],
    ['name and version', 'lifecycle:$LATEST'],
    ['its ARN', ARN],
    ['ARN and alias', `${ARN}:live`],
    ['a part of its ARN', '123456789012:function:lifecycle'],
  ])('runs a function by %s', async (_, name) => {
    expect(await invoke(name, create('ada'))).toMatchObject({
      status: 200,
      error: undefined,
      output: { ok: true, output: { userId: 'ada', orgId: 'workshop', status: 'active' } },
    });
  });

  test('runs an Event after it has been accepted', async () => {
    const accepted = await invoke('lifecycle', create('event'), { InvocationType: 'Event' });
    expect(accepted).toEqual({ status: 202, error: undefined, output: '' });
    for (let attempt = 1; attempt < 100 && (await activeOf('event')) === 0; attempt++) await sleep(100);
    expect(await activeOf('event')).toBe(1);
  });

  test('runs nothing in a DryRun', async () => {
    const answer = await invoke('lifecycle', create('dry'), { InvocationType: 'DryRun' });
    expect(answer).toEqual({ status: 204, error: undefined, output: '' });
    expect(await activeOf('dry')).toBe(0);
  });

  test('knows no other functions', async () => {
    await expect(invoke('nobody', {})).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: nobody',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('refuses what is no JSON', async () => {
    await expect(invoke('lifecycle', '{"operation":')).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test.each([
    ['an operation of another function', 'records', create('ada'), 'VALIDATION'],
    ['a field that no one knows', 'lifecycle', { ...create('ada'), color: 'red' }, 'VALIDATION'],
    ['an event that is no invocation', 'lifecycle', null, 'VALIDATION'],
    ['an empty user', 'lifecycle', create(''), 'INVALID_USER_ID'],
    ['no such session', 'records', { operation: 'getSession', input: { sessionId: 'x' } }, 'SESSION_NOT_FOUND'],
  ])('answers the function’s own error: %s', async (_, name, event, code) => {
    expect(await invoke(name, event)).toMatchObject({
      status: 200,
      error: undefined,
      output: { ok: false, error: { code, message: expect.any(String) } },
    });
  });

  test('runs the schedule’s event', async () => {
    expect(await invoke('cleanup', { version: '0', 'detail-type': 'Scheduled Event', detail: '{}' })).toEqual({
      status: 200,
      error: undefined,
      output: { cleaned: [], failed: [], more: false },
    });
  });
});
