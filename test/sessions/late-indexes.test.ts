import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { LateIndexes } from '../setup/late-indexes.ts';
import { oneAPage } from '../setup/small-pages.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const IDLE = 600;
const ROUNDS = 20;

/** What an index has not heard of yet, each time by another chance. `test/manager-model/` and `test/faults/` have them too. */
describe('while indexes are late', () => {
  let clock: TestClock;
  let stack: TestStack;
  let manager: SessionManager;
  let indexes: LateIndexes;
  beforeEach(async () => {
    clock = new TestClock();
    const env = { TOUCH_INTERVAL_SECONDS: '0', INACTIVITY_SECONDS: `${IDLE}`, MAX_SESSIONS_PER_ORG: '3' };
    stack = await newStack(env, clock);
    manager = stack.manager;
    indexes = new LateIndexes(stack, { seed: 1, lag: 1_000 });
    indexes.between(stack.client);
  });
  afterEach(async () => {
    indexes.close();
    await stack.close();
  });

  const create = () => manager.createSession('ada', 'acme');
  const listed = async () => (await manager.listOrgSessions('acme')).sessions.map(({ id }) => id);
  /** What was seen in all rounds, each once. */
  const seenInRounds = async (look: () => Promise<string[]>) => {
    const seen = new Set<string>();
    for (let round = 1; round <= ROUNDS; round++) seen.add((await look()).join());
    return [...seen].sort();
  };

  // The index had it twice, and so had the list.
  test('a list has each session once at most, and none that has ended', async () => {
    const { id } = await create();
    const { id: ended } = await create();
    await manager.cleanupSession(ended);
    expect(await seenInRounds(listed)).toEqual(['', id]);
    expect(Object.keys(indexes.counts)).toEqual(expect.arrayContaining(['gone', 'missing', 'twice']));
    indexes.catchUp();
    expect(await listed()).toEqual([id]);
  });

  // Its entry of before it was touched was on one page and that of after on another: it failed twice.
  test('a sweep tries each session once', async () => {
    oneAPage(stack.client);
    const { id } = await create();
    clock.advance({ seconds: IDLE / 2 });
    await manager.getSession(id);
    clock.advance({ seconds: 2 * IDLE });
    const finish = jest.spyOn(stack.parts.store, 'finishEnd').mockRejectedValue(new Error('no'));
    expect(await seenInRounds(async () => (await manager.cleanupInactiveSessions()).failed)).toEqual(['', id]);
    expect(Object.keys(indexes.counts)).toContain('in two places');
    finish.mockRestore();
    indexes.catchUp();
    expect(await manager.cleanupInactiveSessions()).toEqual({ cleaned: [id], failed: [], more: false });
  });

  test('a sweep ends nothing that was touched, which the index has where it was', async () => {
    const [touched, idle] = [await create(), await create()];
    clock.advance({ seconds: 2 * IDLE });
    await manager.getSession(touched.id);
    const cleaned = async (ms?: number) => (await manager.cleanupInactiveSessions(ms)).cleaned;
    expect(await seenInRounds(() => cleaned())).toEqual(['', idle.id]);
    expect(await seenInRounds(() => cleaned(IDLE * 1000))).toEqual(['']);
    expect(Object.keys(indexes.counts)).toContain('past');
    indexes.catchUp();
    expect(await listed()).toEqual([touched.id]);
  });

  test('a create at a full limit ends what is due where it finds it, and is never one too many', async () => {
    for (let count = 1; count <= 3; count++) await create();
    clock.advance({ seconds: 2 * IDLE });
    const outcomes: string[] = [];
    for (let count = 1; count <= 4; count++) {
      clock.advance({ seconds: 6 });
      outcomes.push(
        await create().then(
          () => 'created',
          ({ code }: { code: string }) => code,
        ),
      );
      expect((await manager.getUsage({ userId: 'ada', orgId: 'acme' })).org?.active).toBeLessThanOrEqual(3);
    }
    expect(new Set(outcomes)).toEqual(new Set(['created', 'MAX_SESSIONS_REACHED']));
    const { drift } = await manager.as({ kind: 'operator' }).reconciler.run();
    expect(Object.values(drift).filter((count) => count > 0)).toEqual([]);
  });
});
