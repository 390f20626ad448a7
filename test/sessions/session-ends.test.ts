import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const FINISHING = 'TransactWriteItemsCommand';
/** How often the SDK sends one request. */
const SDK_ATTEMPTS = 3;

describe('the end of a session is told and counted once, by whoever came to the end of it', () => {
  let clock: TestClock;
  let stack: TestStack;
  /** Another instance, which is faster. */
  let other: TestStack;
  let id: string;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ INACTIVITY_SECONDS: '600' }, clock);
    ({ id } = await stack.manager.createSession('alice', 'acme'));
    other = await newStack(stack.env, clock);
    clock.advance({ seconds: 1_000 });
  });
  afterEach(async () => {
    await other.close();
    await stack.close();
  });

  const sweep = ({ manager }: TestStack) => manager.as({ kind: 'schedule' }).cleanupInactiveSessions();
  const remove = ({ manager }: TestStack) =>
    manager.as({ kind: 'user', userId: 'alice', orgId: 'acme' }).cleanupSession(id);
  const ends = () =>
    [stack, other].map(({ audited }) =>
      audited.filter(({ event }) => event.startsWith('session.end')).map(({ event }) => event),
    );

  test('of two sweeps at once: both did', async () => {
    const others: string[] = [];
    const faster = async () => void others.push(...(await sweep(other)).cleaned);
    inject(stack.client, { before: atFirst(1, FINISHING, faster) });
    expect(await sweep(stack)).toEqual({ cleaned: [], failed: [], more: false });
    expect(others).toEqual([id]);
    expect(ends()).toEqual([[], ['session.ended']]);
  });

  test('by a sweep that overtakes a DELETE, whose own event says that it joined', async () => {
    inject(stack.client, { before: atFirst(1, FINISHING, async () => void (await sweep(other))) });
    await remove(stack);
    expect(ends()).toEqual([['session.end-joined'], ['session.ended']]);
    expect(stack.audited.at(-1)).toMatchObject({ sessionId: id, result: 'success', reason: 'requested' });
  });

  test('by a DELETE that overtakes a sweep', async () => {
    inject(stack.client, { before: atFirst(1, FINISHING, () => remove(other)) });
    expect(await sweep(stack)).toEqual({ cleaned: [], failed: [], more: false });
    expect(ends()).toEqual([[], ['session.ended']]);
  });

  test('by a sweep that overtakes a create that is taken back', async () => {
    await remove(stack);
    stack.audited.length = 0;
    stack.parts.workspaces.publish = async () => {
      throw new Error('no');
    };
    let transactions = 0;
    inject(stack.client, {
      before: async (command) => {
        // The create's own, the one that begins its end, and the one that comes to the end of it.
        if (command === FINISHING && ++transactions === 3) await sweep(other);
      },
    });
    await expect(stack.manager.createSession('bob', 'acme')).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
    expect(transactions).toBe(3);
    expect(ends()).toEqual([[], ['session.ended']]);
  });

  test('also where all replies to that were lost, by the one that did it', async () => {
    const lost = async () => {
      await sweep(other);
      lostReply();
    };
    inject(stack.client, { after: atFirst(SDK_ATTEMPTS, FINISHING, lost) });
    expect((await sweep(stack)).cleaned).toEqual([id]);
    expect(ends()).toEqual([['session.ended'], []]);
    expect(await stack.manager.countAllSessions()).toBe(0);
  });

  test('and not by one whose attempts never arrived, while another came to the end', async () => {
    let left = SDK_ATTEMPTS;
    inject(stack.client, {
      before: async (command) => {
        if (command !== FINISHING || left === 0) return;
        if (--left === 0) await remove(other);
        lostReply();
      },
    });
    expect((await sweep(stack)).cleaned).toEqual([]);
    expect(left).toBe(0);
    expect(ends()).toEqual([[], ['session.ended']]);
  });

  test('also where its uploads and its empty directory cannot be put away: the log has both', async () => {
    const told = jest.spyOn(stack.options.log, 'workspaceNotTidied');
    const fail = async () => {
      throw new Error('no');
    };
    Object.assign(stack.parts.workspaces, { discardUploads: fail, removeEmptyFromTrash: fail });
    await remove(stack);
    expect(ends()).toEqual([['session.ended'], []]);
    expect(told.mock.calls.map(([name]) => name.slice(0, id.length))).toEqual([id, id]);
  });
});
