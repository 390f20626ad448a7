import { mkdir, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../lib/identity.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { SweepResult } from '../../lib/sessions/sweep/sweep.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { oneAPage } from '../setup/small-pages.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const INACTIVITY = 600;
const TOUCH = 60;

describe('the sweep', () => {
  let clock: TestClock;
  let stack: TestStack;
  let manager: SessionManager;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ INACTIVITY_SECONDS: `${INACTIVITY}`, TOUCH_INTERVAL_SECONDS: `${TOUCH}` }, clock);
    manager = stack.manager.as({ kind: 'operator' });
  });
  afterEach(() => stack.close());

  const create = (options = {}) => stack.manager.createSession('alice', 'acme', options);
  const get = (id: string) => stack.manager.getSession(id);
  const cleaned = async (inactiveForMs?: number) => (await manager.cleanupInactiveSessions(inactiveForMs)).cleaned;

  test('ends what is due by its own setting and nothing else', async () => {
    const short = await create({ inactivitySeconds: 60 });
    const preset = await create();
    const long = await create({ inactivitySeconds: 6000 });
    clock.advance({ seconds: 60 + TOUCH });
    expect(await cleaned()).toEqual([]);
    clock.advance({ seconds: 3 });
    expect(await cleaned()).toEqual([short.id]);
    clock.advance({ seconds: INACTIVITY });
    expect(await cleaned()).toEqual([preset.id]);
    expect((await get(long.id)).id).toBe(long.id);
    expect(await manager.countAllSessions()).toBe(1);
    expect(await readdir(path.join(stack.root, 'alice'))).toEqual([long.id]);
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });

  test('never ends a session whose last touch was swallowed by the touch interval', async () => {
    const { id } = await create();
    clock.advance({ seconds: TOUCH - 1 });
    expect((await get(id)).getSessionInfo().lastActiveAt).toBe('2026-11-22T12:00:00.000Z');
    clock.advance({ seconds: INACTIVITY });
    expect(await cleaned()).toEqual([]);
    expect(await cleaned(INACTIVITY * 1000)).toEqual([]);
    clock.advance({ seconds: 30 });
    expect(await cleaned()).toEqual([id]);
  });

  test.each([
    ['by its own setting', undefined],
    ['by a given time', 1000],
  ])('never ends a session that is touched between its read and its write, %s', async (_name, inactiveForMs) => {
    const { id } = await create();
    clock.advance({ seconds: INACTIVITY + 2 * TOUCH });
    let touched = false;
    const restore = inject(stack.client, {
      after: atFirst(1, 'BatchGetItemCommand', async () => {
        touched = true;
        await get(id);
      }),
    });
    expect(await cleaned(inactiveForMs)).toEqual([]);
    restore();
    expect(touched).toBe(true);
    expect((await get(id)).getSessionInfo().lastActiveAt).toBe(clock.now().toISOString());
    expect(await readdir(path.join(stack.root, 'alice'))).toEqual([id]);
  });

  test('finds a session again that was touched inside its index step and later grew idle', async () => {
    const { id } = await create();
    for (let touch = 1; touch <= 20; touch++) {
      clock.advance({ seconds: TOUCH });
      await get(id);
    }
    clock.advance({ seconds: INACTIVITY + TOUCH });
    expect(await cleaned()).toEqual([]);
    // The index rounds up by a 32nd of the idle time, which the touch interval is part of.
    clock.advance({ seconds: Math.ceil((INACTIVITY + TOUCH) / 32) });
    expect(await cleaned()).toEqual([id]);
  });

  test('of a given time takes precedence over the sessions’ own, and 0 ends all', async () => {
    const short = await create({ inactivitySeconds: 60 });
    clock.advance({ seconds: 100 });
    const long = await create({ inactivitySeconds: 6000 });
    expect(await cleaned(41_000)).toEqual([]);
    expect(await cleaned(40_000)).toEqual([short.id]);
    expect(await cleaned(0)).toEqual([long.id]);
    expect(await manager.countAllSessions()).toBe(0);
  });

  test('stops at the number it is given, says there is more, and the next one goes on', async () => {
    const ids = new Set<string>();
    for (let count = 1; count <= 7; count++) ids.add((await create()).id);
    clock.advance({ seconds: 2 * INACTIVITY });
    const first = await manager.cleanupInactiveSessions(undefined, { maxSessions: 3 });
    expect(first.more).toBe(true);
    expect(first.cleaned).toHaveLength(3);
    const rest = await manager.cleanupInactiveSessions(undefined, { maxSessions: 4 });
    expect(rest).toMatchObject({ failed: [], more: false });
    expect(new Set([...first.cleaned, ...rest.cleaned])).toEqual(ids);
  });

  test('stops when its time is up: without any it reads the first that are due, and no more', async () => {
    // In several parts of the index.
    for (let count = 1; count <= 5; count++) await create();
    clock.advance({ seconds: 2 * INACTIVITY });
    let reads = 0;
    const restore = inject(stack.client, { before: (command) => void (command === 'BatchGetItemCommand' && reads++) });
    const late = await manager.cleanupInactiveSessions(undefined, { signal: AbortSignal.abort() });
    restore();
    expect({ late, reads }).toEqual({ late: { cleaned: [], failed: [], more: true }, reads: 1 });
    expect(await cleaned()).toHaveLength(5);
    // Nor does it say that it has seen everything where nothing is due.
    expect(await manager.cleanupInactiveSessions(undefined, { signal: AbortSignal.abort() })).toEqual(late);
  });

  test.each<[string, Caller, number | undefined]>([
    ['by their own setting', { kind: 'operator' }, undefined],
    ['by a given time', { kind: 'operator' }, 600_000],
    ['of an organisation', { kind: 'admin', userId: 'root', orgId: 'acme' }, undefined],
  ])(
    'asks for no further page or session when its time is up: it went on to the end, %s',
    async (_what, by, idleMs) => {
      for (let count = 1; count <= 4; count++) await create();
      const time = new AbortController();
      const late: string[] = [];
      oneAPage(stack.client);
      inject(stack.client, {
        before: (command) => void (time.signal.aborted && late.push(command)),
        after: atFirst(1, 'QueryCommand', () => time.abort()),
      });
      const { more } = await stack.manager.as(by).cleanupInactiveSessions(idleMs, { signal: time.signal });
      expect(more).toBe(true);
      expect(late.filter((command) => command === 'QueryCommand' || command === 'BatchGetItemCommand')).toEqual([]);
    },
  );

  test('two at once end each session once, also where one goes on with an end that the other began', async () => {
    const ids: string[] = [];
    for (let count = 1; count <= 10; count++) ids.push((await create()).id);
    clock.advance({ seconds: 2 * INACTIVITY });
    const other = await newStack(stack.env, clock);
    const schedule = other.manager.as({ kind: 'schedule' });
    const swept: SweepResult[] = [];
    // The first session is claimed here, and ended there.
    const sweepThere = async () => void swept.push(await schedule.cleanupInactiveSessions());
    inject(stack.client, { after: atFirst(1, 'UpdateItemCommand', sweepThere) });
    swept.push(await manager.cleanupInactiveSessions());
    await other.close();
    expect(swept.map(({ failed }) => failed)).toEqual([[], []]);
    expect(swept.flatMap(({ cleaned: own }) => own).sort()).toEqual([...ids].sort());
    const told = [...stack.audited, ...other.audited].filter(({ event }) => event === 'session.ended');
    expect(told.map(({ sessionId }) => sessionId).sort()).toEqual([...ids].sort());
    expect(await manager.countAllSessions()).toBe(0);
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });

  test('reads only what is due', async () => {
    for (let count = 1; count <= 20; count++) await create({ inactivitySeconds: 6000 });
    const due = await create({ inactivitySeconds: 60 });
    clock.advance({ seconds: 300 });
    const read: number[] = [];
    inject(stack.client, {
      before: (command, input) => {
        if (command !== 'BatchGetItemCommand') return;
        const { RequestItems } = input as { RequestItems: Record<string, { Keys: unknown[] }> };
        read.push(...Object.values(RequestItems).map(({ Keys }) => Keys.length));
      },
    });
    expect(await cleaned()).toEqual([due.id]);
    expect(read).toEqual([1]);
  });

  test('one session that cannot be ended does not keep it from the others', async () => {
    const bad = await create();
    const good = await create();
    clock.advance({ seconds: 2 * INACTIVITY });
    const restore = inject(stack.client, {
      before: (command, input) => {
        if (command === 'TransactWriteItemsCommand' && JSON.stringify(input).includes(bad.id)) throw new Error('no');
      },
    });
    expect(await manager.cleanupInactiveSessions()).toEqual({ cleaned: [good.id], failed: [bad.id], more: false });
    restore();
    expect(await cleaned()).toEqual([bad.id]);
    expect(stack.audited.filter(({ reason }) => reason === 'resumed')).toHaveLength(1);
  });

  test('that finishes an end whose reply was lost does not make it fail', async () => {
    const { id } = await create();
    const swept: string[] = [];
    inject(stack.client, {
      after: atFirst(1, 'UpdateItemCommand', async () => {
        swept.push(...(await cleaned()));
        lostReply();
      }),
    });
    await stack.manager.cleanupSession(id);
    expect(swept).toEqual([id]);
    await expect(stack.manager.cleanupSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('completes and removes what crashes left aside, and leaves a create that is under way alone', async () => {
    const session = await create();
    const aside = path.join(stack.root, '.pending');
    const [abandoned, fresh, slow] = [uuidv7(), uuidv7(), uuidv7()];
    await mkdir(path.join(aside, abandoned), { recursive: true });
    for (const id of [fresh, slow]) await mkdir(path.join(aside, id));
    const longAgo = new Date(clock.now().getTime() - 6 * 60 * 1000);
    await utimes(path.join(aside, abandoned), longAgo, longAgo);
    await utimes(path.join(aside, fresh), clock.now(), clock.now());
    const fiveMinutesAgo = new Date(clock.now().getTime() - 5 * 60 * 1000);
    await utimes(path.join(aside, slow), fiveMinutesAgo, fiveMinutesAgo);
    await rename(session.getWorkspacePath(), path.join(aside, session.id));
    await cleaned();
    expect((await readdir(aside)).sort()).toEqual([fresh, slow].sort());
    expect(await readdir(session.getWorkspacePath())).toEqual([]);
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });

  test('empties the trash of others', async () => {
    const left = path.join(stack.root, '.trash', 'left.over', 'deep', 'down');
    await mkdir(left, { recursive: true });
    await writeFile(path.join(left, 'file'), 'x');
    await cleaned();
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });
});
