import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SessionTerminationStore } from '../../lib/mcp-clients/session-termination-store.ts';
import type { SessionPage } from '../../lib/sessions/session-listing.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { seatsKey, userEntryKey, type Key } from '../../lib/table/keys.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { documentClient } from '../setup/document-client.ts';
import { oneAPage } from '../setup/small-pages.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { CLIENT } from '../mcp-clients/stored-client.ts';

const ADA = { userId: 'ada', orgId: 'acme' };
const IDLE = 600;
const SESSIONS = 4;
const ADMIN = { kind: 'admin', userId: 'root', orgId: 'acme' } as const;

describe('with one item on each page', () => {
  let clock: TestClock;
  let stack: TestStack;
  let manager: SessionManager;
  let ids: string[];
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ INACTIVITY_SECONDS: `${IDLE}`, MAX_SESSIONS_PER_USER: `${SESSIONS}` }, clock);
    manager = stack.manager;
    ids = [];
    while (ids.length < SESSIONS) {
      const own = ids.length === 0 ? { inactivitySeconds: 100 * IDLE } : {};
      ids.push((await manager.createSession('ada', 'acme', own)).id);
    }
    oneAPage(stack.client);
  });
  afterEach(() => stack.close());

  const send = (key: Key, change?: object) => {
    const at = { TableName: stack.config.tableName, Key: key };
    return documentClient(stack.client).send(change ? new UpdateCommand({ ...at, ...change }) : new DeleteCommand(at));
  };
  /** Of a list, with how many pages it came on. */
  const listed = async (page: (cursor: string | undefined) => Promise<SessionPage>) => {
    const found: string[] = [];
    let pages = 0;
    let cursor: string | undefined;
    do {
      const { sessions, nextCursor } = await page(cursor);
      found.push(...sessions.map(({ id }) => id));
      cursor = nextCursor;
      pages++;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThanOrEqual(SESSIONS);
    return found;
  };
  const cleaned = async (by: SessionManager, idleMs?: number) => {
    clock.advance({ seconds: 200 * IDLE });
    const { cleaned: all, failed, more } = await by.cleanupInactiveSessions(idleMs);
    expect({ failed, more }).toEqual({ failed: [], more: false });
    return all.sort();
  };

  test('all sessions of a user are counted', async () => {
    expect(await manager.countUserSessions('ada')).toBe(SESSIONS);
  });

  test('the lists of a user and of an organisation go on to the end', async () => {
    const newestFirst = ids.toReversed();
    expect(await listed((cursor) => manager.listSessions('ada', { cursor }))).toEqual(newestFirst);
    expect(await listed((cursor) => manager.listOrgSessions('acme', { cursor }))).toEqual(newestFirst);
  });

  test.each<[string, (by: SessionManager) => Promise<string[]>]>([
    ['of what is due', (by) => cleaned(by)],
    ['by a given time', (by) => cleaned(by, IDLE * 1000)],
    ['of an organisation', (by) => cleaned(by.as(ADMIN))],
  ])('a sweep %s ends all', async (_what, sweep) => {
    expect(await sweep(manager)).toEqual([...ids].sort());
  });

  test('all MCP clients of a session are listed', async () => {
    const clients = ['a', 'b', 'c'];
    const [id = ''] = ids;
    for (const clientId of clients) await stack.parts.mcpClients.add(id, { ...CLIENT, clientId }, 20);
    expect((await manager.session(id).listMcpClients()).map((client) => client.id)).toEqual(clients);
  });

  test('all terminations whose time has come are found, also behind one whose time has not', async () => {
    const store = new SessionTerminationStore(new DynamoTable(stack.client, stack.config.tableName));
    const later = ids[1];
    for (const id of ids) {
      await store.keep(id, CLIENT, new Date(clock.now().getTime() + (id === later ? 60_000 : 0)));
    }
    const due: string[] = [];
    for await (const page of store.due(clock.now())) due.push(...page.map(({ sessionId }) => sessionId));
    expect(due.sort()).toEqual(ids.filter((id) => id !== later).sort());
  });

  test('all workspaces are measured', async () => {
    await manager.as({ kind: 'schedule' }).cleanupInactiveSessions();
    expect([...(await stack.parts.workspaceUsage.getAll(ids)).keys()].sort()).toEqual([...ids].sort());
  });

  test('a create that is refused goes on behind the sessions that it has looked at', async () => {
    clock.advance({ seconds: 2 * IDLE });
    await expect(manager.createSession('ada', 'acme')).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    clock.advance({ seconds: 6 });
    await manager.createSession('ada', 'acme');
    await expect(manager.getSession(ids[1] ?? '')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('a reconcile sees the whole table, and counts all sessions of it', async () => {
    for (const id of ids) await send(userEntryKey(ADA, id));
    const by = { ExpressionAttributeValues: { ':by': 2 }, UpdateExpression: 'ADD active :by' };
    await send(seatsKey({ scope: 'org', ...ADA }), by);
    const { drift } = await manager.as({ kind: 'operator' }).reconciler.run({ repair: true });
    expect(drift).toMatchObject({ 'missing-entry': SESSIONS, counter: 1 });
    expect((await manager.getUsage(ADA)).org?.active).toBe(SESSIONS);
  });
});
