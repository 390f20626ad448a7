import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BatchWriteCommand, DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { MaxSessionsReachedError } from '../../lib/errors.ts';
import { createSessionManager } from '../../lib/index.ts';
import type { Session } from '../../lib/sessions/session.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { mcpClientKey, promptKey, seatsKey, sessionKey, userEntryKey, type Key } from '../../lib/table/keys.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { violations, type Known } from '../invariants/invariants.ts';
import { readState } from '../invariants/stored-state.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { documentClient } from '../setup/document-client.ts';

const ADA = { userId: 'ada', orgId: 'acme' };
const ACME = { scope: 'org', ...ADA } as const;
const NONE = {
  counter: 0,
  'seat-items': 0,
  'missing-directory': 0,
  'stray-directory': 0,
  'missing-entry': 0,
  'mcp-client': 0,
  'stray-item': 0,
};
const NEVER = new AbortController().signal;

/** What is damaged behind the manager's back is found, told and put right. */
describe('a reconcile', () => {
  let stack: TestStack;
  let session: Session;
  let other: Session;
  let operator: SessionManager;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '20', MAX_MCP_CLIENTS_PER_SESSION: '2' });
    operator = stack.manager.as({ kind: 'operator' });
    session = await stack.manager.createSession('ada', 'acme');
    other = await stack.manager.createSession('eve', 'acme');
    await session.updateSystemPrompt('be brief');
  });
  afterEach(() => stack.close());

  const table = () => stack.config.tableName;
  const documents = () => documentClient(stack.client);
  const remove = (key: Key) => documents().send(new DeleteCommand({ TableName: table(), Key: key }));
  const addTo = (key: Key, by: number) =>
    documents().send(
      new UpdateCommand({
        TableName: table(),
        Key: key,
        UpdateExpression: 'ADD active :by',
        ExpressionAttributeValues: { ':by': by },
      }),
    );
  const age = async () => {
    for (const user of await readdir(stack.root)) {
      if (user.startsWith('.')) continue;
      for (const name of await readdir(path.join(stack.root, user)))
        await utimes(path.join(stack.root, user, name), 0, 0);
    }
  };
  const look = async () => (await operator.reconciler.run()).drift;
  const told = () => stack.audited.filter(({ event }) => event === 'drift.found');
  const violationsNow = async (known?: Known) => {
    await stack.manager.cleanupInactiveSessions();
    return violations(stack, known);
  };

  /** Each create by an instance that knows nothing of seats, so that it tries item 0 first. */
  async function fillsUpTo(limit: number): Promise<void> {
    const { active } = await operator.limits.get({ scope: 'org', orgId: 'acme' });
    const create = () => createSessionManager(stack.env).createSession('ada', 'acme');
    for (let count = active; count < limit; count++) await create();
    await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    expect(await violations(stack, { limitOf: (scope) => (scope === 'ORG#acme' ? limit : 0) })).toEqual([]);
  }

  async function isPutRight(drift: Partial<typeof NONE>, known?: Known): Promise<void> {
    const found = { ...NONE, ...drift };
    const count = Object.values(found).reduce((sum, each) => sum + each, 0);
    expect(await look()).toEqual(found);
    expect(told().map(({ repaired }) => repaired)).toEqual(Array.from({ length: count }, () => false));
    stack.audited.length = 0;
    expect(await operator.reconciler.run({ repair: true })).toEqual({ drift: found, repaired: count, more: false });
    expect(told().map(({ repaired }) => repaired)).toEqual(Array.from({ length: count }, () => true));
    expect(stack.audited.at(-1)).toMatchObject({ event: 'reconcile.run', drift: count, repaired: count });
    expect(await look()).toEqual(NONE);
    expect(await violationsNow(known)).toEqual([]);
  }

  test('finds nothing where all is well, and is an operator’s', async () => {
    await isPutRight({}, { existing: [session.id, other.id] });
    await expect(stack.manager.as({ kind: 'admin', ...ADA }).reconciler.run()).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test.each([3, -1])('puts right a counter that is off by %i', async (by) => {
    await addTo(seatsKey(ACME), by);
    await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 4 });
    await isPutRight({ counter: 1 });
    await fillsUpTo(4);
  });

  test('says of a counter what it said, and what it should', async () => {
    await addTo(seatsKey(ACME), 3);
    await look();
    expect(told()).toMatchObject([{ driftKind: 'counter', limitScope: 'org', orgId: 'acme', active: 5, sessions: 2 }]);
  });

  // What item 2 had too much came off item 0, which then had free seats beyond the limit.
  test.each([5, 1, -2])('puts right seats over several items that are off by %i', async (by) => {
    await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
    await addTo(seatsKey(ACME, 2), by);
    await isPutRight({ counter: 1 });
    await fillsUpTo(8);
  });

  test('puts right an item with more than its share, whose sum is right', async () => {
    await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
    await addTo(seatsKey(ACME, 2), 5);
    await addTo(seatsKey(ACME, 3), -5);
    await isPutRight({ 'seat-items': 1 });
    await fillsUpTo(8);
  });

  test('leaves a counter that said too little with a debt, and lets nobody in until it is paid', async () => {
    const of = { scope: 'org', orgId: 'acme' } as const;
    await operator.limits.put(of, { limit: 2, items: 2 });
    await addTo(seatsKey(ACME), -1);
    const third = await stack.manager.createSession('ada', 'acme');
    await operator.reconciler.run({ repair: true });
    expect(await operator.limits.get(of)).toMatchObject({ limit: 2, active: 3 });
    const create = () => stack.manager.createSession('ada', 'acme');
    await stack.manager.cleanupSession(third.id);
    await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    await stack.manager.cleanupSession(session.id);
    expect(await create()).toBeDefined();
  });

  describe('of seats that are spread over several items', () => {
    const create = () => stack.manager.createSession('ada', 'acme');
    const limit = () => operator.limits.get({ scope: 'org', orgId: 'acme' });
    beforeEach(async () => {
      await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
      for (let count = 2; count < 6; count++) await create();
    });

    // A change of the limit waited for an item that nobody would ever put back.
    test('puts back an item that is lost, and then the limit is the whole one again', async () => {
      await addTo(seatsKey(ACME), -1);
      await addTo(seatsKey(ACME, 2), 1);
      await remove(seatsKey(ACME, 2));
      await isPutRight({ 'seat-items': 1, counter: 1 });
      await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8 });
      expect([await limit(), await create(), await create()]).toMatchObject([
        { limit: 8, items: 4, active: 6 },
        {},
        {},
      ]);
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    });

    // The items that were left kept a limit from ever being spread again.
    test('removes the items that are left when the first is lost, and admits nobody until the limit is put again', async () => {
      await remove(seatsKey(ACME));
      await isPutRight({ 'seat-items': 1, counter: 1 });
      expect(await limit()).toMatchObject({ limit: 0, active: 6 });
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
      await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 7, items: 4 });
      expect(await limit()).toMatchObject({ limit: 7, items: 4, active: 6 });
      await fillsUpTo(7);
    });

    test('keeps the limit that was put since the first item was lost', async () => {
      await remove(seatsKey(ACME));
      await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 7 });
      await isPutRight({ 'seat-items': 1, counter: 1 });
      expect(await limit()).toMatchObject({ limit: 7, active: 6 });
      await fillsUpTo(7);
    });

    // Its sums were right, though what the first item counts was not.
    test('counts again where items that do not count made up what the first one lacks', async () => {
      await documents().send(
        new UpdateCommand({
          TableName: table(),
          Key: seatsKey(ACME),
          UpdateExpression: 'SET #items = :one ADD layout :one',
          ExpressionAttributeNames: { '#items': 'items' },
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
      await isPutRight({ 'seat-items': 1, counter: 1 });
      await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
      await fillsUpTo(8);
    });
  });

  describe('of MCP clients', () => {
    let server: RecordingServer;
    beforeEach(async () => {
      server = await recordingServer();
      await session.addMcpClient({ id: 'a.b', type: 'http', endpoint: server.url });
      await session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url });
    });
    afterEach(() => server.close());
    const listed = async () => (await stack.manager.getSession(session.id)).getSessionInfo().mcpClientIds;

    test('finds nothing where sessions and clients fit', async () => {
      await isPutRight({}, { existing: [session.id, other.id] });
    });

    test('forgets one that is lost, and it can be added again', async () => {
      await remove(mcpClientKey(session.id, 'a.b'));
      await isPutRight({ 'mcp-client': 1 });
      expect(await listed()).toEqual(['tools']);
      await session.addMcpClient({ id: 'a.b', type: 'http', endpoint: server.url });
      expect(await listed()).toEqual(['a.b', 'tools']);
    });

    test('lists one again that its session has lost, also over the limit of clients', async () => {
      await documents().send(
        new UpdateCommand({
          TableName: table(),
          Key: sessionKey(session.id),
          UpdateExpression: 'REMOVE mcpClientIds',
        }),
      );
      await session.addMcpClient({ id: 'more', type: 'http', endpoint: server.url });
      await session.addMcpClient({ id: 'most', type: 'http', endpoint: server.url });
      await isPutRight({ 'mcp-client': 2 });
      expect(await listed()).toEqual(['a.b', 'more', 'most', 'tools']);
    });
  });

  test('gives a session whose directory is gone an empty one, and says so', async () => {
    await session.files.write('notes.txt', Buffer.from('lost'));
    await rm(session.getWorkspacePath(), { recursive: true });
    await isPutRight({ 'missing-directory': 1 }, { existing: [session.id] });
    await session.files.write('notes.txt', Buffer.from('new'));
    expect((await stat(session.getWorkspacePath())).mode & 0o777).toBe(0o700);
  });

  test('throws away a directory of no session, unless it was changed a moment ago', async () => {
    await mkdir(path.join(stack.root, 'eve', 'some'), { recursive: true });
    await writeFile(path.join(stack.root, 'eve', 'some', 'file'), 'text');
    expect(await look()).toEqual(NONE);
    await age();
    await isPutRight({ 'stray-directory': 1 }, { existing: [session.id, other.id] });
  });

  test('puts right what a lost record leaves: counters, list entry, prompt, directory', async () => {
    await remove(sessionKey(session.id));
    await age();
    await isPutRight({ counter: 3, 'stray-directory': 1, 'stray-item': 2 }, { existing: [other.id] });
  });

  test('removes a prompt and an MCP client of no session', async () => {
    const gone = '01a2045b-8d44-72e6-97c0-cb9917303a81';
    const puts = [promptKey(gone), mcpClientKey(gone, 'tools')].map((Item) => ({ PutRequest: { Item } }));
    await documents().send(new BatchWriteCommand({ RequestItems: { [table()]: puts } }));
    await isPutRight({ 'stray-item': 2 });
  });

  test('puts a session back into its user’s list', async () => {
    await remove(userEntryKey(ADA, session.id));
    await isPutRight({ 'missing-entry': 1 }, { existing: [session.id] });
    expect((await stack.manager.listSessions('ada')).sessions).toHaveLength(1);
  });

  test('fits a table that was restored to an older point to the directories there are', async () => {
    const place = { client: stack.client, tableName: table(), root: stack.root };
    const { items: old } = await readState(place);
    await stack.manager.cleanupSession(session.id);
    const later = await stack.manager.createSession('ada', 'acme');
    await restore(old, (await readState(place)).items);
    await age();
    await isPutRight({ 'missing-directory': 1, 'stray-directory': 1 }, { existing: [session.id], ended: [later.id] });
  });

  async function restore(old: Key[], now: Key[]): Promise<void> {
    for (const { pk, sk } of now) await remove({ pk, sk });
    const puts = old.map((Item) => ({ PutRequest: { Item } }));
    await documents().send(new BatchWriteCommand({ RequestItems: { [table()]: puts } }));
  }

  test('goes on where its time was up', async () => {
    await remove(userEntryKey(ADA, session.id));
    const run = (signal: AbortSignal) => operator.reconciler.run({ repair: true }, { signal, pageItems: 2 });
    let found = 0;
    let runs = 0;
    for (let more = true; more && runs < 30; runs++) {
      const before = await (await stack.parts.reconcile())['stores'].round.position('repair');
      found += (await run(AbortSignal.abort())).drift['missing-entry'];
      const after = await (await stack.parts.reconcile())['stores'].round.position('repair');
      expect(after).not.toEqual(before);
      more = after !== undefined && after.directory === undefined;
    }
    expect([found, runs > 2]).toEqual([1, true]);
    expect((await run(NEVER)).more).toBe(true);
    expect((await run(NEVER)).more).toBe(false);
    expect(await violationsNow()).toEqual([]);
  });

  test('looks at no further seats when its time is up, and says there is more', async () => {
    for (let index = 0; index < 20; index++) {
      await addTo(seatsKey({ scope: 'org', orgId: `other-${index}`, userId: '' }, 2), 0);
    }
    const time = new AbortController();
    const late: string[] = [];
    inject(stack.client, {
      before: (command) => void (time.signal.aborted && late.push(command)),
      after: (command) => void (command === 'TransactGetItemsCommand' && time.abort()),
    });
    const { more } = await operator.reconciler.run({}, { signal: time.signal });
    expect(more).toBe(true);
    expect(late).toEqual([]);
  });

  test('judges no counter while sessions begin and end, also if as many do', async () => {
    let last = session;
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
    await addTo(seatsKey({ scope: 'user', userId: 'eve', orgId: 'acme' }), 2);
    await addTo(seatsKey(ACME), 2);
    const { drift, more } = await operator.reconciler.run({ repair: true }, { pageItems: 2 });
    restore();
    expect({ counter: drift.counter, more }).toEqual({ counter: 1, more: true });
    expect(told().map(({ limitScope, userId }) => [limitScope, userId])).toEqual([['user', 'eve']]);
    expect(await look()).toEqual({ ...NONE, counter: 1 });
  });

  test.each([
    [0, 2],
    [1, 4],
  ])('admits nobody too many while sessions begin and end in two instances; item %i is off by %i', async (item, by) => {
    const limit = 6;
    await operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit, items: 2 });
    await addTo(seatsKey(ACME, item), by);
    await addTo(seatsKey({ scope: 'global', userId: '', orgId: '' }), 5);
    const instances = [stack.manager, createSessionManager(stack.env)];
    const alive = new Set([session.id, other.id]);
    let most = 0;
    const traffic = async (manager: SessionManager, user: string) => {
      for (let round = 0; round < 12; round++) {
        try {
          const { id } = await manager.createSession(user, 'acme');
          alive.add(id);
          most = Math.max(most, alive.size);
          // Before it is asked for: from then on it may be gone.
          alive.delete(id);
          await manager.cleanupSession(id);
        } catch (thrown) {
          if (!(thrown instanceof MaxSessionsReachedError)) throw thrown;
        }
      }
    };
    const work = Promise.all(
      Array.from({ length: 6 }, (_, index) => traffic(instances[index % 2] as SessionManager, `user-${index}`)),
    );
    for (let run = 0; run < 3; run++) await operator.reconciler.run({ repair: true });
    await work;
    expect(most).toBeLessThanOrEqual(limit);
    expect((await operator.reconciler.run({ repair: true })).more).toBe(false);
    expect(await look()).toEqual(NONE);
    expect(await violationsNow({ existing: [session.id, other.id] })).toEqual([]);
    expect(await operator.getUsage(ADA)).toMatchObject({ org: { active: 2, limit }, all: { active: 2 } });
  });
});
