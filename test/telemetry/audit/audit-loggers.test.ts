import { AUDITED_OPERATIONS, EFFECTS } from '../../../lib/api/audit-catalogue.ts';
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { AuditLog } from '../../../lib/telemetry/audit/audit-log.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

describe('the audit log', () => {
  test('is apart for managers that work for each other', async () => {
    const inner: AuditEvent[] = [];
    const outer: AuditEvent[] = [];
    const [one, other] = [outer, inner].map(
      (events) => new AuditLog({ log: (event: AuditEvent) => void events.push(event) }, () => undefined),
    );
    await one?.record(AUDITED_OPERATIONS.createSession, { kind: 'application' }, { userId: 'ada' }, async () => {
      await other?.record(AUDITED_OPERATIONS.cleanupSession, { kind: 'application' }, { userId: 'bob' }, async () => {
        one.note({ orgId: 'acme' });
      });
      await one.record(
        AUDITED_OPERATIONS.getSession,
        { kind: 'application' },
        { sessionId: 'x' },
        async () => undefined,
      );
    });
    expect(inner).toMatchObject([{ operation: 'cleanupSession', userId: 'bob' }]);
    expect(outer).toMatchObject([{ operation: 'createSession', userId: 'ada', orgId: 'acme', sessionId: 'x' }]);
    expect([...inner, ...outer]).toHaveLength(2);
    expect(inner[0]).not.toHaveProperty('orgId');
  });

  test('is written by a logger that gives back whatever it likes, at once or later', async () => {
    const events: AuditEvent[] = [];
    const failures: unknown[] = [];
    const later = { then: (resolve: () => void) => resolve() } as Promise<void>;
    let gives: unknown;
    const given: unknown[] = [undefined, null, 1, 'text', {}, later, Promise.resolve()];
    const log = (event: AuditEvent) => {
      events.push(event);
      return gives as void;
    };
    const audit = new AuditLog({ log }, (thrown) => failures.push(thrown));
    for (const value of given) {
      gives = value;
      await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => undefined);
    }
    expect([events.length, failures]).toEqual([given.length, []]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('that %s fails no operation', async (_what, log) => {
    const failures: unknown[] = [];
    const audit = new AuditLog({ log }, (thrown) => failures.push(thrown));
    expect(await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => 'done')).toBe(
      'done',
    );
    expect(failures).toEqual([new Error('full')]);
  });

  // Each manager had a storage of its own, which Node never forgets: a thousand managers later a promise took 60 times as long.
  test('of all managers has one storage for what is running', async () => {
    const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
    for (let made = 0; made < 3; made++) {
      const audit = new AuditLog({ log: () => undefined }, () => undefined);
      await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => undefined);
    }
    expect(new Set(run.mock.contexts).size).toBe(1);
    expect(run).toHaveBeenCalledTimes(3);
    run.mockRestore();
  });

  test('waits 2 s at most for a logger that hangs, however many events an operation has, and counts each', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      let failures = 0;
      const audit = new AuditLog({ log: () => new Promise(() => undefined) }, () => void failures++);
      const work = async () => {
        for (let end = 0; end < 100; end++)
          await audit.emit(EFFECTS['session.ended'], { ...ALICE, reason: 'inactive' }, 1);
        return 'done';
      };
      const recorded = audit.record(AUDITED_OPERATIONS.cleanupInactiveSessions, { kind: 'schedule' }, {}, work);
      let outcome = 'waits';
      void recorded.then((result) => (outcome = result));
      await jest.advanceTimersByTimeAsync(1_900);
      expect(outcome).toBe('waits');
      await jest.advanceTimersByTimeAsync(300);
      expect([outcome, failures]).toEqual(['done', 101]);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('with a logger that fails', () => {
    let stack: TestStack;
    beforeEach(async () => {
      stack = await newStack();
    });
    afterEach(() => stack.close());

    const failing: Record<string, () => never | Promise<never>> = {
      throws: () => {
        throw new Error('no');
      },
      rejects: () => Promise.reject(new Error('no')),
      'throws what is no error': () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what others may do
        throw undefined;
      },
      'never ends': () => new Promise(() => undefined),
    };
    test.each(Object.entries(failing))('does its work and tells its refusals when it %s', async (_how, log) => {
      const session = await stack.manager.createSession('alice', 'acme');
      stack.manager.setAuditLogger({ log });
      const [update, refusal] = await Promise.allSettled([
        session.updateMetadata({ done: 'yes' }),
        stack.manager.getSession(UNKNOWN),
      ]);
      expect(update.status).toBe('fulfilled');
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_NOT_FOUND' } });
      stack.manager.setAuditLogger({ log: () => undefined });
      expect((await stack.manager.getSession(session.id)).getSessionInfo().metadata).toEqual({ done: 'yes' });
    });
  });
});
