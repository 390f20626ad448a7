import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { SeatStore } from '../../lib/limits/seat-store.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import type { ScopeOwner } from '../../lib/identity.ts';

const ALL: ScopeOwner = { scope: 'global', userId: '', orgId: '' };
const ACME: ScopeOwner = { scope: 'org', userId: '', orgId: 'acme' };
const ALICE: ScopeOwner = { scope: 'user', userId: 'alice', orgId: 'acme' };

let stack: TestStack;
let manager: SessionManager;
let seats: SeatStore;

const start = async (env: Record<string, string> = {}) => {
  stack = await newStack({ MAX_SESSIONS: '100', ...env });
  manager = stack.manager;
  seats = stack.parts.seats;
};
beforeEach(() => start());
afterEach(() => stack.close());

const create = (userId = 'alice', orgId = 'acme') => manager.createSession(userId, orgId);
const createAll = (count: number, by = manager) =>
  Promise.all(Array.from({ length: count }, () => by.createSession('alice', 'acme')));
const full = (scope: string, limit: number, active: number) => ({
  code: 'MAX_SESSIONS_REACHED',
  details: { scope, limit, active },
});
const usage = async (of: ScopeOwner) => (await seats.usage([of]))[0];
const itemsOf = async (of: ScopeOwner) => (await seats.layout(of)).items;

/** The commands that were sent while `work` ran. */
async function sentBy(work: () => Promise<unknown>): Promise<string[]> {
  const commands: string[] = [];
  const restore = inject(stack.client, { before: (command) => void commands.push(command) });
  await work();
  restore();
  return commands;
}

describe('a limit in the table', () => {
  test.each([ALL, ACME, ALICE])('holds for $scope instead of what is configured', async (of) => {
    await seats.setLimit(of, 2, undefined);
    await createAll(2);
    await expect(create()).rejects.toMatchObject(full(of.scope, 2, 2));
    expect(await usage(of)).toEqual({ active: 2, limit: 2 });
    // While this instance still looks before it writes.
    await seats.setLimit(of, 3, undefined);
    await create();
    await expect(create()).rejects.toMatchObject(full(of.scope, 3, 3));
    await seats.clearLimit(of);
    await create();
    expect(await usage(of)).toEqual({ active: 4, limit: of === ALL ? 100 : null });
  });

  test('of null lets everybody in, also where less is configured; of 0 nobody', async () => {
    await stack.close();
    await start({ MAX_SESSIONS: '1' });
    await create();
    await expect(create()).rejects.toMatchObject(full('global', 1, 1));
    await seats.setLimit(ALL, null, undefined);
    await createAll(3);
    expect(await usage(ALL)).toEqual({ active: 4, limit: null });
    await seats.setLimit(ALL, 0, undefined);
    await expect(create()).rejects.toMatchObject(full('global', 0, 4));
  });

  test('lowered below what is active ends nobody, and admits nobody until it has drained', async () => {
    const sessions = await createAll(5);
    await seats.setLimit(ACME, 3, undefined);
    for (const { id } of sessions.slice(0, 3)) {
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
      await manager.cleanupSession(id);
    }
    await create();
    await expect(create()).rejects.toMatchObject(full('org', 3, 3));
  });

  test('is told by the narrowest scope that is full', async () => {
    await seats.setLimit(ALL, 1, 4);
    await seats.setLimit(ACME, 1, undefined);
    await seats.setLimit(ALICE, 1, 3);
    await create();
    await expect(create()).rejects.toMatchObject(full('user', 1, 1));
    await expect(create('bob')).rejects.toMatchObject(full('org', 1, 1));
    await expect(create('bob', 'other')).rejects.toMatchObject(full('global', 1, 1));
  });
});

describe('seats over several items', () => {
  test('are as many as the limit, to the last one, from two instances that know nothing of it', async () => {
    await seats.setLimit(ALL, 20, 7);
    const other = anotherInstance(stack);
    const results = await Promise.allSettled([
      ...Array.from({ length: 15 }, () => create()),
      ...Array.from({ length: 15 }, () => other.manager.createSession('bob', 'other')),
    ]);
    other.close();
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(full('global', 20, 20));
    }
    expect(await usage(ALL)).toEqual({ active: 20, limit: 20 });
    expect((await itemsOf(ALL)).map(({ active, seats: share }) => share - active)).toEqual(Array(7).fill(0));
  });

  test('are spread and merged, 1 to 16 to 4, while sessions begin and end', async () => {
    const sessions = await createAll(10);
    await seats.setLimit(ALL, 40, 16);
    expect(await itemsOf(ALL)).toHaveLength(16);
    const [more] = await Promise.all([
      createAll(10),
      Promise.all(sessions.map(({ id }) => manager.cleanupSession(id))),
      seats.setLimit(ALL, 40, 4),
    ]);
    expect(await itemsOf(ALL)).toHaveLength(4);
    expect(await usage(ALL)).toEqual({ active: 10, limit: 40 });
    await Promise.all(more.map(({ id }) => manager.cleanupSession(id)));
    expect(await usage(ALL)).toEqual({ active: 0, limit: 40 });
  });

  test('take an end that goes to an item which was merged away meanwhile', async () => {
    await seats.setLimit(ALL, 30, 16);
    const sessions = await createAll(5);
    const other = anotherInstance(stack);
    await other.manager.countAllSessions();
    await seats.setLimit(ALL, 30, 1);
    for (const { id } of sessions) await other.manager.cleanupSession(id);
    other.close();
    expect(await usage(ALL)).toEqual({ active: 0, limit: 30 });
    expect(await itemsOf(ALL)).toEqual([{ active: 0, seats: 30 }]);
  });

  test('lowered into debt become one item, and are spread again once it is paid off', async () => {
    await seats.setLimit(ALL, 20, 4);
    const sessions = await createAll(10);
    await seats.setLimit(ALL, 6, undefined);
    expect(await itemsOf(ALL)).toEqual([{ active: 10, seats: 6 }]);
    for (const { id } of sessions.slice(0, 4)) {
      await manager.cleanupSession(id);
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    }
    await manager.cleanupInactiveSessions();
    expect(await itemsOf(ALL)).toHaveLength(4);
    await manager.cleanupSession(sessions[4]?.id as string);
    await create();
    await expect(create()).rejects.toMatchObject(full('global', 6, 6));
  });

  test('take one for a create whose reply is lost, also if it was the last', async () => {
    await seats.setLimit(ALL, 1, 5);
    inject(stack.client, { after: atFirst(3, 'TransactWriteItemsCommand', lostReply) });
    const { id } = await create();
    expect(await usage(ALL)).toEqual({ active: 1, limit: 1 });
    await expect(create()).rejects.toMatchObject(full('global', 1, 1));
    await manager.cleanupSession(id);
    expect(await usage(ALL)).toEqual({ active: 0, limit: 1 });
  });

  test('are not full while one is free: a seat given back between the refusal and the look is taken', async () => {
    await seats.setLimit(ALL, 3, 3);
    const [first] = await createAll(3);
    const other = anotherInstance(stack);
    const endFirst = () => other.manager.cleanupSession(first?.id as string);
    const restore = inject(stack.client, { before: atFirst(1, 'TransactGetItemsCommand', endFirst) });
    await create();
    restore();
    other.close();
    expect(await usage(ALL)).toEqual({ active: 3, limit: 3 });
  });

  test('are told as they are when another changes them between the reads of them', async () => {
    await seats.setLimit(ALL, 40, 4);
    const other = anotherInstance(stack);
    const raise = async () => void (await other.parts.seats.setLimit(ALL, 44, undefined));
    inject(stack.client, { after: atFirst(1, 'GetItemCommand', raise) });
    const told = await seats.settle(ALL);
    other.close();
    expect(told.items).toEqual(await itemsOf(ALL));
    expect(seats.usageOf(ALL, told).limit).toBe(44);
  });

  test('give up the limit and its items together', async () => {
    await seats.setLimit(ALL, 20, 8);
    await createAll(5);
    await seats.clearLimit(ALL);
    expect((await seats.layout(ALL)).first).not.toHaveProperty('seats');
    expect(await usage(ALL)).toEqual({ active: 5, limit: 100 });
    await seats.clearLimit(ALL);
  });

  test('end as one of two that are wanted at once says, all of it', async () => {
    await createAll(4);
    const other = anotherInstance(stack);
    for (let round = 0; round < 5; round++) {
      const wanted = [
        { limit: 10 + round, items: 1 + 3 * round },
        { limit: 50 - round, items: 12 - 2 * round },
      ] as const;
      await Promise.all([
        seats.setLimit(ALL, wanted[0].limit, wanted[0].items),
        other.parts.seats.setLimit(ALL, wanted[1].limit, wanted[1].items),
      ]);
      const { limit } = (await usage(ALL)) as { limit: number };
      expect(wanted).toContainEqual({ limit, items: (await itemsOf(ALL)).length });
    }
    other.close();
    expect((await usage(ALL))?.active).toBe(4);
  });
});

describe('the requests', () => {
  test('of a create, an end and a count are one each for seats, however many items there are', async () => {
    for (const items of [1, 8]) {
      await seats.setLimit(ALL, 50, items);
      await manager.cleanupSession((await create()).id);
      await seats.layout(ALL);
      const sessions: string[] = [];
      expect(await sentBy(async () => sessions.push((await create()).id))).toEqual(['TransactWriteItemsCommand']);
      const end = await sentBy(() => manager.cleanupSession(sessions[0] as string));
      expect(end).toEqual(['GetItemCommand', 'UpdateItemCommand', 'TransactWriteItemsCommand']);
      expect(await sentBy(() => manager.countAllSessions())).toHaveLength(1);
      expect(await sentBy(() => manager.getUsage({ userId: 'alice', orgId: 'acme' }))).toHaveLength(1);
    }
  });

  test('of refusals in a row write nothing; a replay is answered all the same, and a seat is taken once it is free', async () => {
    await seats.setLimit(ALL, 1, undefined);
    const first = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(create()).rejects.toMatchObject(full('global', 1, 1));
    const refused = async () => void (await expect(create()).rejects.toMatchObject(full('global', 1, 1)));
    expect(await sentBy(refused)).toEqual(['TransactGetItemsCommand']);
    const again = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect([again.id, again.replayed]).toEqual([first.id, true]);
    const conflict = manager.createSession('alice', 'acme', { idempotencyKey: 'k', metadata: { other: 'yes' } });
    await expect(conflict).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await manager.cleanupSession(first.id);
    expect(await sentBy(create)).toEqual(['TransactGetItemsCommand', 'TransactWriteItemsCommand']);
  });
});
