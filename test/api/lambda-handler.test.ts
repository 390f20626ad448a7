import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pMap from 'p-map';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { PING_EVENT } from '../../lib/api/scheduled-event.ts';
import type { SweepResult } from '../../lib/sessions/sweep/sweep.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { httpEvent, lambdaContext, parsed } from './lambda-events.ts';
import { interpose } from '../setup/interpose.ts';

/** As EventBridge Scheduler sends it to a target without an input of its own. */
const SCHEDULED = {
  version: '0',
  id: '27444190-f64d-467a-b5cd-8c45cb14bcb6',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  account: '123456789012',
  time: '2026-11-22T12:00:00Z',
  region: 'us-east-1',
  resources: ['arn:aws:scheduler:us-east-1:123456789012:schedule/default/cleanup'],
  detail: '{}',
};

describe('the cleanup function', () => {
  const clock = new TestClock();
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' }, clock);
  });
  afterEach(() => stack.close());

  const cleanup = (event: unknown, remainingMs?: number) =>
    lambdaHandler('cleanup', () => stack)(event, lambdaContext(remainingMs));
  const createIdle = async (count: number) => {
    await pMap(Array(count).keys(), (user) => stack.manager.createSession(`user-${user}`, 'acme'), { concurrency: 20 });
    clock.advance({ seconds: 200_000 });
  };

  test.each(['lifecycle', 'workspace'] as const)('of %s answers a ping, and does nothing', async (name) => {
    expect(await lambdaHandler(name, () => stack)(PING_EVENT, lambdaContext())).toEqual({ status: 'ok' });
    expect(stack.audited).toEqual([]);
  });

  test('understands the schedule’s event, and is the schedule in the audit log', async () => {
    await createIdle(2);
    const result = (await cleanup(SCHEDULED, 900_000)) as SweepResult;
    expect(result).toMatchObject({ failed: [], more: false });
    expect(result.cleaned).toHaveLength(2);
    expect(stack.audited.at(-1)).toMatchObject({
      operation: 'cleanupInactiveSessions',
      actor: { kind: 'schedule' },
      cleaned: 2,
    });
  });

  test('stops before its deadline, and the next run goes on from there', async () => {
    await createIdle(3);
    expect(await cleanup(SCHEDULED, 1_000)).toEqual({ cleaned: [], failed: [], more: true });
    expect(((await cleanup(SCHEDULED, 900_000)) as SweepResult).cleaned).toHaveLength(3);
  });

  test('has 20 s over HTTP, and most of the function’s own time when it is invoked', async () => {
    const signals = jest.spyOn(AbortSignal, 'timeout');
    const run = jest.spyOn(await stack.parts.reconcile(), 'run');
    const headers = { 'x-user-id': 'root', 'x-org-id': 'acme', 'x-role': 'operator' };
    await cleanup(httpEvent('POST /reconcile', { headers, body: '{}' }), 900_000);
    await cleanup({ operation: 'reconcile', input: { repair: true } }, 900_000);
    await cleanup({ operation: 'reconcile' }, 29_000);
    const signalOf = (ms: number) =>
      signals.mock.results[signals.mock.calls.findIndex(([asked]) => asked === ms)]?.value;
    expect(run.mock.calls).toEqual([
      ['look', expect.objectContaining({ signal: signalOf(20_000) })],
      ['repair', expect.objectContaining({ signal: signalOf(870_000) })],
      ['look', expect.objectContaining({ signal: expect.any(AbortSignal) })],
    ]);
    expect(signals.mock.calls.map(([ms]) => ms).filter((ms) => ms > 10_000)).toEqual([20_000, 870_000, 20_000]);
  });

  test('over HTTP ends at most 500 sessions at a time, and for the schedule as many as there are', async () => {
    const run = jest.spyOn(stack.parts.sweep, 'run');
    const headers = { 'x-user-id': 'root', 'x-org-id': 'acme', 'x-role': 'operator' };
    const answer = (await cleanup(httpEvent('POST /cleanup', { headers }))) as HttpResult;
    expect(parsed(answer)).toEqual({ cleaned: [], failed: [], more: false });
    await cleanup(SCHEDULED, 900_000);
    expect(run.mock.calls.map(([{ maxSessions }]) => maxSessions)).toEqual([500, undefined]);
  });

  test('fails the schedule’s invocation when it fails, so that it is tried again', async () => {
    const failing = () => () => Promise.reject(new Error('no table'));
    interpose(stack.client, failing, { step: 'finalizeRequest', name: 'failing' });
    await expect(cleanup(SCHEDULED, 900_000)).rejects.toMatchObject({
      code: 'INTERNAL',
      cause: { message: 'no table' },
    });
  });
});

describe('a direct invocation', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  const invoke = (event: unknown) => lambdaHandler('lifecycle', () => stack)(event, lambdaContext());

  test('without an actor is an operator’s, who names whom it is for', async () => {
    const input = { userId: 'ada', orgId: 'acme' };
    const created = await invoke({ operation: 'createSession', input });
    expect(created).toMatchObject({ ok: true, output: { ...input, status: 'active' } });
    const unnamed = await invoke({ operation: 'createSession', input: { orgId: 'acme' } });
    expect(unnamed).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION', details: { errors: [{ path: 'userId' }] } },
    });
  });

  test('with an actor follows the rules of HTTP', async () => {
    const actor = { userId: 'ada', orgId: 'acme' };
    const forOther = await invoke({ operation: 'createSession', actor, input: { userId: 'eve' } });
    expect(forOther).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
    const own = await invoke({ operation: 'createSession', actor, input: {} });
    expect(own).toMatchObject({ ok: true, output: actor });
    const admin = { userId: 'root', orgId: 'acme', role: 'admin' };
    const onBehalf = await invoke({ operation: 'createSession', actor: admin, input: { userId: 'eve' } });
    expect(onBehalf).toMatchObject({ ok: true, output: { userId: 'eve', orgId: 'acme' } });
    const elsewhere = { operation: 'createSession', actor: admin, input: { userId: 'eve', orgId: 'other' } };
    expect(await invoke(elsewhere)).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
  });

  test.each([
    [null],
    ['text'],
    [{}],
    [{ operation: 'nothing', input: {} }],
    [{ operation: 'toString', input: {} }],
    [{ operation: 'getSession', input: { sessionId: 'x' } }],
    [{ operation: 'createSession', input: {}, actor: { userId: 'a', orgId: 'b', role: 'root' } }],
    [{ operation: 'createSession', input: { userId: 'a', orgId: 'b', colour: 'red' } }],
    [{ operation: 'createSession', input: { userId: 'a', orgId: 'b' }, more: 1 }],
  ])('refuses %j with VALIDATION', async (event) => {
    expect(await invoke(event)).toMatchObject({ ok: false, error: { code: 'VALIDATION' } });
  });

  test('cannot pose as the schedule at another function', async () => {
    expect(await invoke(SCHEDULED)).toMatchObject({ ok: false, error: { code: 'VALIDATION' } });
  });
});

describe('an event that looks like one of the gateway', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  /** They were taken for the gateway's, and each answered 500, or not at all where the context was missing. */
  test.each(['headers', 'requestContext', 'isBase64Encoded'])(
    'and has no %s is refused as what it is',
    async (name) => {
      const event = Object.fromEntries(Object.entries(httpEvent('GET /usage')).filter(([key]) => key !== name));
      const answer = await lambdaHandler('records', () => stack)(event, lambdaContext());
      expect(answer).toMatchObject({ ok: false, error: { code: 'VALIDATION' } });
    },
  );

  test('is one of it also where what it lacks is null', async () => {
    const headers = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
    const nothing = { body: null, pathParameters: null, queryStringParameters: null };
    const event = { ...httpEvent('GET /usage', { headers }), ...nothing };
    expect(await lambdaHandler('records', () => stack)(event, lambdaContext())).toMatchObject({ statusCode: 200 });
  });
});
