import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UsageScanStore } from '../../lib/workspaces/usage-scan-store.ts';
import { UsageScan } from '../../lib/workspaces/usage-scan.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const DAY = 24 * 60 * 60;
const SESSIONS = 20;

describe('measuring workspaces by the sweep', () => {
  let clock: TestClock;
  let stack: TestStack;
  let ids: string[];
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ INACTIVITY_SECONDS: '2592000', MAX_SESSIONS: '0' }, clock);
    ids = [];
    for (let index = 0; index < SESSIONS; index++) await create(`user-${index % 7}`);
  });
  afterEach(() => stack.close());

  async function create(userId: string): Promise<string> {
    const session = await stack.manager.createSession(userId, 'acme');
    await writeFile(path.join(session.getWorkspacePath(), 'file'), Buffer.alloc(ids.length + 1));
    ids.push(session.id);
    return session.id;
  }
  const usageOf = (id: string) => stack.parts.workspaceUsage.get(id);
  const measured = async () => (await Promise.all(ids.map(usageOf))).filter((item) => item?.measuredAt).length;
  const sweep = (kind: 'schedule' | 'operator') => stack.manager.as({ kind }).cleanupInactiveSessions();

  /** A round of its own bounds, as another instance would run it. */
  function roundOf(sessions: number): UsageScan {
    const { lists, store, workspaceUsage, measuring, log, now } = stack.parts;
    const position = new UsageScanStore(stack.parts.workspaceUsage['table' as never]);
    const stores = { lists, sessions: store, usage: workspaceUsage, position };
    return new UsageScan(stores, measuring, log, now, { sessions, runMs: 60_000, stepMs: 10_000 });
  }

  async function requestsOf(work: () => Promise<void>): Promise<number> {
    let requests = 0;
    const restore = inject(stack.client, { before: () => void requests++ });
    await work().finally(restore);
    return requests;
  }

  test('is done by the schedule’s sweeps and not by a caller’s, who waits for the answer', async () => {
    await sweep('operator');
    expect(await measured()).toBe(0);
    await sweep('schedule');
    expect(await measured()).toBe(SESSIONS);
    const { bytes, files } = (await usageOf(ids[9] as string)) ?? {};
    expect({ bytes, files }).toEqual({ bytes: 10, files: 1 });
  });

  test('reaches all in several runs, each of which looks at so many at most', async () => {
    const never = new AbortController().signal;
    let before = 0;
    for (let run = 1; run <= Math.ceil(SESSIONS / 6); run++) {
      const requests = await requestsOf(() => roundOf(6).run(never));
      const now = await measured();
      expect(now - before).toBeLessThanOrEqual(6);
      // The position, pages, sessions, usage and a write each: the same for however many sessions.
      expect(requests).toBeLessThanOrEqual(2 + 3 * (6 + 8) + 6);
      before = now;
    }
    expect(before).toBe(SESSIONS);
  });

  test('reads nothing when there is no time left', async () => {
    expect(await requestsOf(() => roundOf(6).run(AbortSignal.abort()))).toBe(0);
  });

  test('measures nothing anew that was measured on the same day, and everything on the next', async () => {
    await sweep('schedule');
    const cost = () => requestsOf(async () => void (await sweep('schedule')));
    const quiet = await cost();
    await create('late');
    await sweep('schedule');
    expect(await measured()).toBe(SESSIONS + 1);
    clock.advance({ seconds: DAY + 1 });
    expect(await cost()).toBeGreaterThanOrEqual(quiet + SESSIONS);
    for (const id of ids) expect((await usageOf(id))?.measuredAt).toBe(clock.now().toISOString());
  });

  test('goes on behind a page that cannot be read: no session behind it was ever measured', async () => {
    const { store } = stack.parts;
    const getAll = store.getAll.bind(store);
    let broken: string | undefined;
    jest.spyOn(store, 'getAll').mockImplementation(async (sessionIds) => {
      broken ??= sessionIds[0];
      if (sessionIds.includes(broken as string)) throw new Error('cannot be read');
      return getAll(sessionIds);
    });
    const never = new AbortController().signal;
    await expect(roundOf(SESSIONS).run(never)).rejects.toThrow('cannot be read');
    await roundOf(SESSIONS).run(never);
    expect(await measured()).toBeGreaterThanOrEqual(SESSIONS - 8);
    jest.restoreAllMocks();
    await roundOf(SESSIONS).run(never);
    expect(await measured()).toBe(SESSIONS);
  });

  test('stores nothing of a session that ends while it is measured', async () => {
    const [id] = ids as [string];
    let isEnding = false;
    const restore = inject(stack.client, {
      before: async (command, input) => {
        if (command !== 'TransactWriteItemsCommand' || isEnding || !JSON.stringify(input).includes(id)) return;
        isEnding = true;
        await stack.parts.store.claimEnd(id, 'requested');
      },
    });
    await sweep('schedule');
    restore();
    expect(isEnding).toBe(true);
    expect(await usageOf(id)).toBeUndefined();
    expect(await measured()).toBe(SESSIONS - 1);
  });

  test('does nothing when there is no time left', async () => {
    await roundOf(SESSIONS).run(AbortSignal.abort());
    expect(await measured()).toBe(0);
  });
});
