import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { handleInvocation } from '../../lib/api/invoke-handler.ts';
import { API_FUNCTIONS, type ApiFunction } from '../../lib/operations/operation.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import {
  InvocationFailedError,
  MaxSessionsReachedError,
  SessionManagerClient,
  SessionManagerHttpClient,
  SessionNotFoundError,
  UnexpectedAnswerError,
  type Invoke,
} from '../../lib/api/client/session-manager-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const env = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), `the-${group}-function`]));

describe('SessionManagerClient', () => {
  let stack: TestStack;
  let client: SessionManagerClient;

  /** Lambda, with the functions' own door behind it. */
  const invoke: Invoke = async (functionName, payload) => {
    const group = functionName.split('-')[1] as ApiFunction;
    const signal = new AbortController().signal;
    return JSON.stringify(await handleInvocation(group, stack, JSON.parse(payload), 'request', signal));
  };

  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '1' });
    client = new SessionManagerClient(env, invoke);
  });
  afterEach(() => stack.close());

  test('creates, finds and ends a session, each by the function that has the operation', async () => {
    const session = await client.createSession({ userId: 'alice', orgId: 'acme', metadata: { job: 'nightly' } });
    expect(session).toMatchObject({ userId: 'alice', orgId: 'acme', metadata: { job: 'nightly' } });
    expect(await client.getSession({ sessionId: session.id })).toEqual(session);
    expect(await client.cleanupInactiveSessions({})).toEqual({ cleaned: [], failed: [], more: false });
    expect(await client.listMcpClients({ sessionId: session.id })).toEqual({ mcpClients: [] });
    expect(await client.cleanupSession({ sessionId: session.id })).toBeNull();
  });

  test('has a method for every operation', () => {
    for (const name of Object.keys(operations) as OperationName[]) expect(typeof client[name]).toBe('function');
  });

  test('throws what the operation threw, as the same class with the same details', async () => {
    await client.createSession({ userId: 'alice', orgId: 'acme' });
    const refused = client.createSession({ userId: 'bob', orgId: 'acme' });
    await expect(refused).rejects.toThrow(MaxSessionsReachedError);
    await expect(refused).rejects.toMatchObject({
      name: 'MaxSessionsReachedError',
      code: 'MAX_SESSIONS_REACHED',
      details: { scope: 'global', limit: 1, active: 1 },
    });
  });

  test('acts for somebody, under their rules', async () => {
    const { id } = await client.createSession({ userId: 'alice', orgId: 'acme' });
    expect(await client.as({ userId: 'alice', orgId: 'acme' }).getSession({ sessionId: id })).toMatchObject({ id });
    const mallory = client.as({ userId: 'mallory', orgId: 'acme' });
    await expect(mallory.getSession({ sessionId: id })).rejects.toThrow(SessionNotFoundError);
  });

  test('says which variable is missing', async () => {
    const lost = new SessionManagerClient({}, invoke);
    await expect(lost.getHealth({})).rejects.toThrow(InvocationFailedError);
    await expect(lost.getHealth({})).rejects.toThrow('SESSION_MANAGER_RECORDS_FUNCTION is not set');
  });

  test('refuses wrong inputs when it is compiled', async () => {
    // @ts-expect-error -- metadata has texts
    await expect(client.createSession({ metadata: { attempts: 3 } })).rejects.toMatchObject({ code: 'VALIDATION' });
    // @ts-expect-error -- the session has to be named
    await expect(client.getSession({})).rejects.toMatchObject({ code: 'VALIDATION' });
    // @ts-expect-error -- no such field
    await expect(client.getHealth({ loud: true })).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});

describe('an answer that no function gives is no error of the language', () => {
  const answers = [
    '',
    '{',
    'null',
    '7',
    '{}',
    '{"ok":false}',
    '{"ok":false,"error":null}',
    '{"ok":false,"error":{"code":"SOMETHING_NEW","message":"new"}}',
    '{"ok":false,"error":{"code":"__proto__"}}',
    '{"ok":false,"error":{"code":"constructor"}}',
  ];
  test.each(answers)('%s', async (answer) => {
    const asking = new SessionManagerClient(env, async () => answer).getHealth({});
    await expect(asking).rejects.toThrow(UnexpectedAnswerError);
  });

  test('nor is an error whose message is no text', async () => {
    const answer = '{"ok":false,"error":{"code":"CONTENTION","message":{"toString":1},"details":7}}';
    const asking = new SessionManagerClient(env, async () => answer).getHealth({});
    await expect(asking).rejects.toMatchObject({ code: 'CONTENTION', details: {} });
  });
});

describe('an input that is none is refused, and not sent', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const circular: Record<string, unknown> = {};
  circular.metadata = circular;
  const inputs: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ada'],
    ['a list', []],
    ['a revoked proxy', proxy],
    ['what contains itself', circular],
    ['what JSON does not have', { metadata: 7n }],
  ];
  const settings = { url: 'http://127.0.0.1:1' };
  const clients = () => [new SessionManagerClient(env, async () => '{}'), new SessionManagerHttpClient(settings)];

  test.each(inputs)('%s', async (_what, input) => {
    for (const client of clients()) {
      const call = client.createSession as (input: unknown) => Promise<unknown>;
      await expect(call(input)).rejects.toMatchObject({ code: 'VALIDATION' });
    }
  });

  test('nor is a transfer of nothing', async () => {
    for (const client of clients()) {
      for (const input of [undefined, null, {}, { sessionId: 's', path: 'f', content: 'text' }]) {
        await expect(client.upload(input as never)).rejects.toMatchObject({ code: 'VALIDATION' });
      }
      await expect(client.download(null as never).next()).rejects.toMatchObject({ code: 'VALIDATION' });
    }
  });
});
