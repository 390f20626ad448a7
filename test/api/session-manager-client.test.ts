import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { errorOfCode } from '../../lib/api/client/error-of-code.ts';
import { errorStatus } from '../../lib/api/error-status.ts';
import { handleInvocation } from '../../lib/api/invoke-handler.ts';
import { GROUPS, type Group } from '../../lib/operations/operation.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import {
  InvocationFailedError,
  MaxSessionsReachedError,
  SessionManagerClient,
  SessionNotFoundError,
  type Invoke,
} from '../../lib/api/client/session-manager-client.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const env = Object.fromEntries(GROUPS.map((group) => [functionVariable(group), `the-${group}-function`]));

describe('SessionManagerClient', () => {
  let stack: TestStack;
  let client: SessionManagerClient;

  /** Lambda, with the functions' own door behind it. */
  const invoke: Invoke = async (functionName, payload) => {
    const group = functionName.split('-')[1] as Group;
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

test.each(Object.keys(errorStatus) as ErrorCode[])('the error of %s is one of its own class', (code) => {
  const error = errorOfCode(code, 'the message', { some: 'detail' });
  expect(error).toMatchObject({ code, message: 'the message', details: { some: 'detail' } });
  expect(error.name).toBe(error.constructor.name);
  expect(
    error.name
      .replace(/Error$/, '')
      .replaceAll(/(?<!^)(?=[A-Z])/g, '_')
      .toUpperCase(),
  ).toBe(code);
});
