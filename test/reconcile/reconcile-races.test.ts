import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MaxSessionsReachedError } from '../../lib/errors.ts';
import { createSessionManager } from '../../lib/index.ts';
import { sumOfDrift } from '../../lib/telemetry/audit/drift.ts';
import type { Session } from '../../lib/sessions/session.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { seatsKey } from '../../lib/table/keys.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { violations } from '../invariants/invariants.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { ADA, addActive, ageDirectories, DamagedStack, driftFound, NONE } from './damaged-stack.ts';

const ACME = { scope: 'org', userId: '', orgId: 'acme' } as const;
const EVE = { scope: 'user', userId: 'eve', orgId: 'acme' } as const;

/** What begins, ends or fails while a reconcile looks. */
describe('a reconcile among others', () => {
  let stack: TestStack;
  let operator: SessionManager;
  beforeEach(async () => {
    stack = await newStack();
    operator = stack.manager.as({ kind: 'operator' });
  });
  afterEach(() => stack.close());

  const addTo = (of: typeof ACME | typeof EVE, by: number) => addActive(stack, seatsKey(of), by);
  const told = () => driftFound(stack);

  describe('where sessions and MCP clients come and go', () => {
    let server: RecordingServer;
    beforeEach(async () => {
      server = await recordingServer();
    });
    afterEach(() => server.close());

    async function furnished(userId = 'ada'): Promise<Session> {
      const session = await stack.manager.createSession(userId, 'acme');
      await session.updateSystemPrompt('be brief');
      await session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url });
      return session;
    }

    /** A reconcile, with something done before its request of this number; gives how many it made. */
    async function lookWith(number: number, act: () => Promise<unknown>) {
      let count = 0;
      let isActing = false;
      const restore = inject(stack.client, {
        async before() {
          if (isActing || ++count !== number) return;
          isActing = true;
          await act();
          isActing = false;
        },
      });
      const { drift } = await operator.reconciler.run({ repair: true }).finally(restore);
      return { drift, requests: count };
    }

    // A session that ended in between looked like a directory, a list entry or a prompt of no session.
    test.each<[string, (session: Session) => Promise<unknown>]>([
      ['a session ends', (session) => stack.manager.cleanupSession(session.id)],
      ['a session begins', () => furnished()],
      ['an MCP client comes', (session) => session.addMcpClient({ id: 'more', type: 'http', endpoint: server.url })],
      ['an MCP client goes', (session) => session.removeMcpClient('tools')],
    ])('finds nothing when %s between any two of its requests', async (_what, act) => {
      await furnished('eve');
      let requests = 1;
      for (let number = 1; number <= requests; number++) {
        const session = await furnished();
        await ageDirectories(stack);
        const looked = await lookWith(number, () => act(session));
        requests = Math.max(requests, looked.requests);
        expect([number, sumOfDrift(looked.drift)]).toEqual([number, 0]);
        const { sessions } = await stack.manager.listSessions('ada');
        for (const { id } of sessions) await stack.manager.cleanupSession(id);
      }
      expect(requests).toBeGreaterThan(5);
      expect(told()).toEqual([]);
    });
  });

  test('goes on past seats and directories that cannot be looked at, and tells what it has changed', async () => {
    const notLookedFor = jest.spyOn(stack.log, 'driftNotLookedFor');
    const driftFound = jest.spyOn(stack.log, 'driftFound');
    await stack.manager.createSession('ada', 'acme');
    await stack.manager.createSession('eve', 'acme');
    await addTo(ACME, 2);
    await addTo(EVE, 2);
    await symlink('loop', path.join(stack.root, 'loop'));
    const restore = inject(stack.client, {
      before(command, input) {
        if (command === 'TransactGetItemsCommand' && JSON.stringify(input).includes(seatsKey(EVE).pk))
          throw Object.assign(new Error('the seats cannot be read'), { name: 'AccessDeniedException' });
      },
    });
    const run = () => operator.reconciler.run({ repair: true });
    expect(await run()).toMatchObject({ drift: { counter: 1 }, repaired: 1, more: true });
    expect(told()).toMatchObject([{ limitScope: 'org', active: 4, sessions: 2, repaired: true }]);
    expect([notLookedFor.mock.calls.length > 1, driftFound.mock.calls.length]).toEqual([true, 1]);
    restore();
    expect(await run()).toMatchObject({ drift: { counter: 1 }, repaired: 1 });
    expect(told().at(-1)).toMatchObject({ limitScope: 'user', userId: 'eve', repaired: true });
  });

  test('tells what it has changed, and goes on there, when the table fails', async () => {
    const driftFound = jest.spyOn(stack.log, 'driftFound');
    await stack.manager.createSession('ada', 'acme');
    await addTo(ACME, 2);
    let scans = 0;
    const restore = inject(stack.client, {
      before(command) {
        if (command === 'ScanCommand' && ++scans > 2)
          throw Object.assign(new Error('no scan any more'), { name: 'AccessDeniedException' });
      },
    });
    await expect(operator.reconciler.run({ repair: true }, { pageItems: 2 })).rejects.toThrow();
    expect(await (await stack.parts.reconcile())['stores'].round.position('repair')).toMatchObject({ key: {} });
    restore();
    expect(driftFound).not.toHaveBeenCalled();
    expect(await operator.reconciler.run({ repair: true })).toMatchObject({ repaired: 0, more: true });
    expect(await operator.reconciler.run({ repair: true })).toMatchObject({ repaired: 1, more: false });
  });

  test('is not kept from seeing the whole table by a repair that was interrupted', async () => {
    await stack.manager.createSession('ada', 'acme');
    await addTo(ACME, 2);
    const interrupted = { signal: AbortSignal.abort(), pageItems: 2 };
    expect(await operator.reconciler.run({ repair: true }, interrupted)).toMatchObject({ more: true });
    expect(await operator.reconciler.run({}, interrupted)).toMatchObject({ more: true });
    const daily = stack.manager.as({ kind: 'schedule' }).reconciler.run();
    expect(await daily).toMatchObject({ drift: { counter: 1 }, more: false });
  });

  test.each([40, -40])('puts right as much of %i as is certain while sessions begin and end', async (by) => {
    let last = await stack.manager.createSession('ada', 'acme');
    const stays = await stack.manager.createSession('eve', 'acme');
    let isRotating = false;
    const restore = inject(stack.client, {
      async after(command) {
        if (command !== 'ScanCommand' || isRotating) return;
        isRotating = true;
        const next = await stack.manager.createSession('ada', 'acme');
        await stack.manager.cleanupSession(last.id);
        last = next;
        isRotating = false;
      },
    });
    await addTo(ACME, by);
    const run = () => operator.reconciler.run({ repair: true }, { pageItems: 4 });
    const busy = await run();
    restore();
    expect([busy.drift.counter, busy.repaired, busy.more]).toEqual([1, 1, true]);
    const { active } = await operator.limits.get({ scope: 'org', orgId: 'acme' });
    expect([Math.abs(active - 2) < 20, Math.sign(active - 2) * Math.sign(by) >= 0]).toEqual([true, true]);
    expect((await run()).more).toBe(false);
    await stack.manager.cleanupInactiveSessions();
    expect(await violations(stack, { existing: [stays.id, last.id] })).toEqual([]);
  });
});

/** Counts that are wrong, while sessions begin and end. */
describe('a reconcile', () => {
  let own: DamagedStack;
  beforeEach(async () => {
    own = await DamagedStack.make();
  });
  afterEach(() => own.close());

  test('judges no counter while sessions begin and end, also if as many do', async () => {
    let last = own.session;
    let isRotating = false;
    const restore = inject(own.stack.client, {
      async after(command) {
        if (command !== 'ScanCommand' || isRotating) return;
        isRotating = true;
        const next = await own.stack.manager.createSession('ada', 'acme');
        await own.stack.manager.cleanupSession(last.id);
        last = next;
        isRotating = false;
      },
    });
    await own.addTo(seatsKey({ scope: 'user', userId: 'eve', orgId: 'acme' }), 2);
    await own.addTo(seatsKey(ACME), 2);
    const { drift, more } = await own.operator.reconciler.run({ repair: true }, { pageItems: 2 });
    restore();
    expect({ counter: drift.counter, more }).toEqual({ counter: 1, more: true });
    expect(own.told().map(({ limitScope, userId }) => [limitScope, userId])).toEqual([['user', 'eve']]);
    expect(await own.look()).toEqual({ ...NONE, counter: 1 });
  });

  test.each([
    [0, 2],
    [1, 4],
  ])('admits nobody too many while sessions begin and end in two instances; item %i is off by %i', async (item, by) => {
    const limit = 6;
    await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit, items: 2 });
    await own.addTo(seatsKey(ACME, item), by);
    await own.addTo(seatsKey({ scope: 'global', userId: '', orgId: '' }), 5);
    const instances = [own.stack.manager, createSessionManager(own.stack.env)];
    const alive = new Set([own.session.id, own.other.id]);
    let most = 0;
    let isOver = false;
    const created = async (manager: SessionManager, user: string): Promise<string[]> => {
      const { id } = await manager.createSession(user, 'acme');
      alive.add(id);
      most = Math.max(most, alive.size);
      return [id];
    };
    const orNone = (thrown: unknown): string[] => {
      if (!(thrown instanceof MaxSessionsReachedError)) throw thrown;
      return [];
    };
    // Each keeps one while it creates another, or all would be gone when they are counted.
    const traffic = async (manager: SessionManager, user: string) => {
      for (let made = 0; made < 12 && !isOver;) {
        const held: string[] = [];
        for (let count = 1; count <= 2; count++) held.push(...(await created(manager, user).catch(orNone)));
        made += held.length;
        for (const id of held) {
          // Before it is asked for: from then on it may be gone.
          alive.delete(id);
          await manager.cleanupSession(id);
        }
      }
    };
    const work = Promise.all(
      Array.from({ length: 6 }, (_, index) => traffic(instances[index % 2] as SessionManager, `user-${index}`)),
    );
    for (let run = 0; run < 3; run++) await own.operator.reconciler.run({ repair: true });
    isOver = true;
    await work;
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(limit);
    expect((await own.operator.reconciler.run({ repair: true })).more).toBe(false);
    expect(await own.look()).toEqual(NONE);
    expect(await own.violationsNow({ existing: [own.session.id, own.other.id] })).toEqual([]);
    expect(await own.operator.getUsage(ADA)).toMatchObject({ org: { active: 2, limit }, all: { active: 2 } });
  });
});
