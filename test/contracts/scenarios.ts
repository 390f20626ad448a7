import { stat } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal, type Actor, type Door } from './door.ts';

/** What a scenario may use: a door to a stack whose limits are 20 in all, 6 an organisation and 3 a user. */
export interface Stage {
  door: Door;
  /** A running MCP server. */
  mcpEndpoint: string;
  /** A name that no other scenario uses. */
  fresh: (what: string) => string;
}

export const STAGE_ENV = { MAX_SESSIONS: '20', MAX_SESSIONS_PER_ORG: '6', MAX_SESSIONS_PER_USER: '3' };

export type Scenario = (stage: Stage) => Promise<void>;

export const someone = ({ fresh }: Stage): Actor => ({ userId: fresh('user'), orgId: fresh('org') });
export const create = (door: Door, actor: Actor, input = {}) =>
  ok<SessionInfo>(door.call('createSession', actor, input));
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

/** Each is a promise of the contract, whichever door it is asked at. Each ends the sessions that it creates. */
export const scenarios: Record<string, Scenario> = {
  'a session is created, found, listed and ended': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const session = await create(door, actor, { metadata: { team: 'blue' }, inactivitySeconds: 600 });
    expect(session).toMatchObject({ ...actor, status: 'active', mcpClientIds: [], metadata: { team: 'blue' } });
    expect(Date.parse(session.expiresAt)).toBe(Date.parse(session.createdAt) + (600 + 60) * 1000);
    expect((await stat(session.workspacePath)).mode & 0o777).toBe(0o700);
    const id = { sessionId: session.id };
    expect(await ok(door.call('getSession', actor, id))).toEqual(session);
    expect(await ok(door.call('listSessions', actor, {}))).toEqual({ sessions: [session] });
    expect(await ok(door.call('cleanupSession', actor, id))).toBeNull();
    await expect(stat(session.workspacePath)).rejects.toThrow('ENOENT');
    for (const operation of [
      'getSession',
      'cleanupSession',
      'heartbeat',
      'getSystemPrompt',
      'listMcpClients',
    ] as const) {
      expect(await refusal(door.call(operation, actor, id))).toBe('SESSION_NOT_FOUND');
    }
    expect(await ok(door.call('listSessions', actor, {}))).toEqual({ sessions: [] });
  },

  'the list comes newest first, in pages': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const created = [await create(door, actor), await create(door, actor), await create(door, actor)];
    const newestFirst = created.map(({ id }) => id).reverse();
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ok<{ sessions: SessionInfo[]; nextCursor?: string }>(
        door.call('listSessions', actor, { limit: 1, ...(cursor && { cursor }) }),
      );
      found.push(...page.sessions.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(found).toEqual(newestFirst);
    expect(await refusal(door.call('listSessions', actor, { cursor: 'nonsense' }))).toBe('VALIDATION');
    expect(await refusal(door.call('listSessions', actor, { limit: 101 }))).toBe('VALIDATION');
    await endAll(door, actor, created);
  },

  'metadata is replaced, a heartbeat is accepted': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor, { metadata: { a: '1', b: '2' } });
    const changed = await ok<SessionInfo>(door.call('updateSession', actor, { sessionId, metadata: { c: 'π' } }));
    expect(changed.metadata).toEqual({ c: 'π' });
    expect(await ok<SessionInfo>(door.call('getSession', actor, { sessionId }))).toEqual(changed);
    const metadata = { constructor: 'x', toString: 'y', hasOwnProperty: 'z' };
    await ok(door.call('updateSession', actor, { sessionId, metadata }));
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ metadata });
    const same = await create(door, actor, { metadata });
    expect(same.metadata).toEqual(metadata);
    await endAll(door, actor, [same]);
    expect(await ok(door.call('heartbeat', actor, { sessionId }))).toBeNull();
    await endAll(door, actor, [{ id: sessionId }]);
  },

  'the system prompt is empty, then what was put': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor);
    expect(await ok(door.call('getSystemPrompt', actor, { sessionId }))).toEqual({ systemPrompt: '' });
    const systemPrompt = 'Be brief.\n'.repeat(20_000);
    expect(await ok(door.call('updateSystemPrompt', actor, { sessionId, systemPrompt }))).toEqual({ systemPrompt });
    expect(await ok(door.call('getSystemPrompt', actor, { sessionId }))).toEqual({ systemPrompt });
    const tooLong = { sessionId, systemPrompt: 'x'.repeat(256 * 1024 + 1) };
    expect(await refusal(door.call('updateSystemPrompt', actor, tooLong))).toBe('VALIDATION');
    expect(await ok(door.call('getSystemPrompt', actor, { sessionId }))).toEqual({ systemPrompt });
    await endAll(door, actor, [{ id: sessionId }]);
  },

  'an idempotency key gives one session': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const request = { idempotencyKey: stage.fresh('key'), metadata: { a: '1', b: '2' } };
    const session = await create(door, actor, request);
    const again = await door.call('createSession', actor, { ...request, metadata: { b: '2', a: '1' } });
    expect(again).toMatchObject({ ok: true, output: { id: session.id } });
    expect('existed' in again ? again.existed : true).toBe(true);
    const other = { ...request, metadata: { a: '2' } };
    expect(await refusal(door.call('createSession', actor, other))).toBe('IDEMPOTENCY_CONFLICT');
    const neighbour = { ...actor, userId: stage.fresh('user') };
    const theirs = await create(door, neighbour, request);
    expect(theirs.id).not.toBe(session.id);
    await endAll(door, neighbour, [theirs]);
    await endAll(door, actor, [session]);
    expect(await refusal(door.call('createSession', actor, request))).toBe('SESSION_NOT_FOUND');
    expect(await ok(door.call('getUsage', actor, {}))).toMatchObject({ user: { active: 0 }, org: { active: 0 } });
  },

  'a full limit says which it is, and a replay succeeds all the same': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const request = { idempotencyKey: stage.fresh('key') };
    const sessions = [await create(door, actor, request), await create(door, actor), await create(door, actor)];
    const full = await door.call('createSession', actor, {});
    expect(full).toMatchObject({ code: 'MAX_SESSIONS_REACHED', details: { scope: 'user', limit: 3, active: 3 } });
    expect((await create(door, actor, request)).id).toBe(sessions[0]?.id);
    const colleague = { ...actor, userId: stage.fresh('user') };
    const theirs = [await create(door, colleague), await create(door, colleague), await create(door, colleague)];
    const third = { ...actor, userId: stage.fresh('user') };
    const orgFull = await door.call('createSession', third, {});
    expect(orgFull).toMatchObject({ code: 'MAX_SESSIONS_REACHED', details: { scope: 'org', limit: 6, active: 6 } });
    expect(await ok(door.call('getUsage', actor, {}))).toEqual({
      user: { active: 3, limit: 3 },
      org: { active: 6, limit: 6 },
    });
    await endAll(door, actor, sessions);
    await endAll(door, colleague, theirs);
    expect(await ok(door.call('getUsage', third, {}))).toMatchObject({ org: { active: 0 } });
  },

  'what is not the caller’s does not exist': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const { id: sessionId } = await create(door, owner);
    const strangers: Actor[] = [
      { ...owner, userId: stage.fresh('user') },
      { ...owner, orgId: stage.fresh('org') },
      { userId: owner.userId, orgId: stage.fresh('org'), role: 'admin' },
    ];
    const asked = strangers.map((stranger) => door.call('getSession', stranger, { sessionId }));
    const malformed = ['nonsense', `${UNKNOWN}x`, sessionId.toUpperCase(), '%', 'a b'];
    for (const id of [UNKNOWN, ...malformed]) asked.push(door.call('getSession', owner, { sessionId: id }));
    const replies = await Promise.all(asked);
    for (const reply of replies) expect(reply).toEqual({ ...replies[0], ok: false, code: 'SESSION_NOT_FOUND' });
    for (const stranger of strangers) {
      const change = { sessionId, metadata: { owned: 'yes' } };
      expect(await refusal(door.call('updateSession', stranger, change))).toBe('SESSION_NOT_FOUND');
      expect(await refusal(door.call('cleanupSession', stranger, { sessionId }))).toBe('SESSION_NOT_FOUND');
      const prompt = { sessionId, systemPrompt: 'mine' };
      expect(await refusal(door.call('updateSystemPrompt', stranger, prompt))).toBe('SESSION_NOT_FOUND');
    }
    expect(await ok<SessionInfo>(door.call('getSession', owner, { sessionId }))).toMatchObject({ metadata: {} });
    await endAll(door, owner, [{ id: sessionId }]);
  },

  'roles: an admin sees the organisation, an operator everything': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const admin: Actor = { userId: stage.fresh('user'), orgId: owner.orgId, role: 'admin' };
    const operator: Actor = { userId: stage.fresh('user'), orgId: stage.fresh('org'), role: 'operator' };
    const session = await create(door, owner);
    for (const actor of [admin, operator]) {
      expect(await ok(door.call('getSession', actor, { sessionId: session.id }))).toEqual(session);
    }
    expect(await ok(door.call('listSessions', admin, { userId: owner.userId }))).toEqual({ sessions: [session] });
    expect(await ok(door.call('listSessions', admin, { scope: 'org' }))).toEqual({ sessions: [session] });
    const elsewhere = { scope: 'org', orgId: owner.orgId };
    expect(await ok(door.call('listSessions', operator, elsewhere))).toEqual({ sessions: [session] });
    expect(await refusal(door.call('listSessions', owner, { scope: 'org' }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('listSessions', owner, { userId: admin.userId }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('listSessions', admin, { scope: 'org', orgId: operator.orgId }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('cleanupInactiveSessions', owner, {}))).toBe('FORBIDDEN');
    expect(await ok(door.call('getUsage', owner, {}))).not.toHaveProperty('all');
    expect(await ok(door.call('getUsage', operator, {}))).toHaveProperty('all.limit', 20);
    await endAll(door, admin, [session]);
  },

  'an admin’s cleanup ends what is idle in the organisation only': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const neighbour = someone(stage);
    const admin: Actor = { userId: stage.fresh('user'), orgId: owner.orgId, role: 'admin' };
    const sessions = [await create(door, owner), await create(door, owner)];
    const other = await create(door, neighbour);
    expect(await ok(door.call('cleanupInactiveSessions', admin, {}))).toEqual({ cleaned: [], failed: [], more: false });
    const idle = await ok<{ cleaned: string[] }>(
      door.call('cleanupInactiveSessions', admin, { inactiveForSeconds: 0 }),
    );
    expect(idle).toMatchObject({ failed: [], more: false });
    expect(idle.cleaned.sort()).toEqual(sessions.map(({ id }) => id).sort());
    expect(await ok(door.call('getSession', neighbour, { sessionId: other.id }))).toEqual(other);
    await endAll(door, neighbour, [other]);
  },

  'ids of every kind keep users apart, bad ones are refused': async (stage) => {
    const { door } = stage;
    const orgId = stage.fresh('org');
    const userIds = ['..', '../../etc', 'a/b', '.', 'a#b', '%2e%2e', '🦊', 'auth0|x', 'é'.repeat(64), 'Case', 'case'];
    const places = new Set<string>();
    for (const userId of userIds) {
      const session = await create(door, { userId, orgId });
      expect(session.userId).toBe(userId);
      expect((await stat(session.workspacePath)).mode & 0o777).toBe(0o700);
      places.add(session.workspacePath.split('/').slice(0, -1).join('/'));
      expect(await ok(door.call('listSessions', { userId, orgId }, {}))).toEqual({ sessions: [session] });
      await endAll(door, { userId, orgId }, [session]);
    }
    expect(places.size).toBe(userIds.length);
    for (const bad of ['', 'x'.repeat(129), 'é'.repeat(65), 'a\nb', 'a\u0000b', 'a\u0085b']) {
      expect(await refusal(door.call('createSession', { userId: bad, orgId }, {}))).toBe('INVALID_USER_ID');
      expect(await refusal(door.call('createSession', { userId: 'u', orgId: bad }, {}))).toBe('INVALID_ORG_ID');
    }
  },

  'organisations and users that would collide if joined stay apart': async (stage) => {
    const { door } = stage;
    const name = stage.fresh('x');
    const pairs: Actor[] = [
      { orgId: `${name}#a`, userId: 'b' },
      { orgId: name, userId: 'a#b' },
      { orgId: `${name}#USER#a`, userId: 'b' },
      { orgId: `${name}%23a`, userId: 'b' },
    ];
    const sessions = await Promise.all(pairs.map((actor) => create(door, actor)));
    for (const [index, actor] of pairs.entries()) {
      expect(await ok(door.call('listSessions', actor, {}))).toEqual({ sessions: [sessions[index]] });
      expect(await ok(door.call('getUsage', actor, {}))).toMatchObject({ user: { active: 1 }, org: { active: 1 } });
    }
    for (const [index, actor] of pairs.entries()) await endAll(door, actor, [sessions[index] as SessionInfo]);
  },

  'bad input is refused with the field’s path': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const bad: [Record<string, unknown>, string][] = [
      [{ colour: 'red' }, 'colour'],
      [{ inactivitySeconds: 59 }, 'inactivitySeconds'],
      [{ inactivitySeconds: 2_592_001 }, 'inactivitySeconds'],
      [{ inactivitySeconds: '60' }, 'inactivitySeconds'],
      [{ metadata: { a: 1 } }, 'metadata.a'],
      [{ metadata: { a: 'x'.repeat(2048) } }, 'metadata'],
      [{ metadata: [] }, 'metadata'],
      [{ promptVariables: 'x' }, 'promptVariables'],
      [{ metadata: JSON.parse('{"__proto__":"x"}') as object }, '__proto__'],
      [{ promptVariables: JSON.parse('{"deep":[{"__proto__":{"x":1}}]}') as object }, '__proto__'],
    ];
    for (const [input, path] of bad) {
      const reply = await door.call('createSession', actor, input);
      expect(reply).toMatchObject({ ok: false, code: 'VALIDATION', details: { errors: [{ path }] } });
    }
    const longKey = { idempotencyKey: 'k'.repeat(256) };
    expect(await refusal(door.call('createSession', actor, longKey))).toBe('VALIDATION');
    expect(await ok(door.call('getUsage', actor, {}))).toMatchObject({ user: { active: 0 } });
  },

  'an MCP client is added, used and removed': async (stage) => {
    const { door, mcpEndpoint: endpoint } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor);
    const client = { sessionId, clientId: 'tools.1' };
    const config = { sessionId, id: 'tools.1', type: 'http', endpoint };
    const added = await ok(door.call('addMcpClient', actor, config));
    expect(added).toMatchObject({ id: 'tools.1', name: 'tools.1', type: 'http', endpoint });
    expect(await refusal(door.call('addMcpClient', actor, config))).toBe('MCP_CLIENT_EXISTS');
    expect(await ok(door.call('getMcpClient', actor, client))).toEqual(added);
    expect(await ok(door.call('listMcpClients', actor, { sessionId }))).toEqual({ mcpClients: [added] });
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ mcpClientIds: ['tools.1'] });
    const { tools } = await ok<{ tools: { name: string }[] }>(door.call('listMcpTools', actor, client));
    expect(tools.map(({ name }) => name)).toContain('echo');
    const echoed = await ok(door.call('callMcpTool', actor, { ...client, name: 'echo', arguments: { message: 'hi' } }));
    expect(echoed).toMatchObject({ content: [{ type: 'text', text: 'Echo: hi' }] });
    expect(await ok(door.call('removeMcpClient', actor, client))).toBeNull();
    expect(await refusal(door.call('callMcpTool', actor, { ...client, name: 'echo' }))).toBe('MCP_CLIENT_NOT_FOUND');
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ mcpClientIds: [] });
    const withSecret = { ...config, headers: { authorization: 'Bearer x' } };
    expect(await ok(door.call('addMcpClient', actor, withSecret))).toEqual({
      ...(added as object),
      connectedAt: expect.any(String),
    });
    const auth = { type: 'bearer', token: 'y' };
    expect(await ok(door.call('updateMcpClientAuth', actor, { ...client, auth }))).toBeNull();
    expect(await refusal(door.call('updateMcpClientAuth', actor, { ...client, auth: { type: 'none' } }))).toBe(
      'VALIDATION',
    );
    expect(await refusal(door.call('updateMcpClientAuth', actor, { ...client, clientId: 'none', auth }))).toBe(
      'MCP_CLIENT_NOT_FOUND',
    );
    const command = { sessionId, id: 'shell', type: 'stdio', command: 'sh' };
    expect(await refusal(door.call('addMcpClient', actor, command))).toBe('MCP_ENDPOINT_FORBIDDEN');
    expect(await refusal(door.call('addMcpClient', actor, { ...config, id: 'a b' }))).toBe('VALIDATION');
    await endAll(door, actor, [{ id: sessionId }]);
  },

  'a workspace cannot be mounted from elsewhere on one machine, which only its owner is told': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor);
    for (const operation of ['grantWorkspaceAccess', 'revokeWorkspaceAccess'] as const) {
      expect(await refusal(door.call(operation, actor, { sessionId }))).toBe('NOT_AVAILABLE');
      expect(await refusal(door.call(operation, someone(stage), { sessionId }))).toBe('SESSION_NOT_FOUND');
      expect(await refusal(door.call(operation, actor, { sessionId: UNKNOWN }))).toBe('SESSION_NOT_FOUND');
    }
    await endAll(door, actor, [{ id: sessionId }]);
    expect(await refusal(door.call('grantWorkspaceAccess', actor, { sessionId }))).toBe('SESSION_NOT_FOUND');
  },
};

export async function endAll(door: Door, actor: Actor, sessions: { id: string }[]): Promise<void> {
  for (const { id } of sessions) await ok(door.call('cleanupSession', actor, { sessionId: id }));
}
