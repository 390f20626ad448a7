import { stat } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { rawJson } from '../../lib/json/raw-json.ts';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal } from './door.ts';
import { create, endAll, someone, type Scenario } from './stage.ts';

/** Each is a promise of the contract, whichever door it is asked at. Each ends the sessions that it creates. */
export const sessionScenarios: Record<string, Scenario> = {
  'a session is created, found, listed and ended': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const session = await create(door, actor, { metadata: { team: 'blue' }, inactivitySeconds: 600 });
    expect(session).toMatchObject({ ...actor, status: 'active', mcpClientIds: [], metadata: { team: 'blue' } });
    expect(session.version).toBe(1);
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

  'metadata is merged, and of callers at the same time none loses what another one wrote': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor, { metadata: { a: '1', b: '2' } });
    const names = ['v', 'w', 'x', 'y', 'z'];
    const merge = (metadata: object) => door.call('updateSession', actor, { sessionId, metadata, merge: true });
    await Promise.all(names.map((name) => ok(merge({ [name]: 'π' }))));
    const merged = await ok<SessionInfo>(merge({ a: null, b: '' }));
    const all = Object.fromEntries(names.map((name) => [name, 'π']));
    expect(merged).toMatchObject({ version: 7 });
    expect(merged.metadata).toEqual({ ...all, b: '' });
    expect(await ok(door.call('getSession', actor, { sessionId }))).toEqual(merged);
    expect(await ok(door.call('listSessions', actor, {}))).toEqual({ sessions: [merged] });
    const bad = await merge({ a: 1 });
    expect(bad).toMatchObject({ ok: false, code: 'VALIDATION', details: { errors: [{ path: 'metadata.a' }] } });
    expect(await refusal(merge({ a: 'x'.repeat(2048) }))).toBe('VALIDATION');
    await endAll(door, actor, [{ id: sessionId }]);
    expect(await refusal(merge({ a: '1' }))).toBe('SESSION_NOT_FOUND');
  },

  'metadata is changed at the version that was read, and at no other': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId, version } = await create(door, actor, { metadata: { a: '1' } });
    await ok(door.call('heartbeat', actor, { sessionId }));
    const change = { sessionId, metadata: { b: '2' }, version };
    const changed = await ok<SessionInfo>(door.call('updateSession', actor, change));
    expect(changed).toMatchObject({ metadata: { b: '2' }, version: version + 1 });
    for (const more of [{}, { merge: true }]) {
      const refused = await door.call('updateSession', actor, { ...change, ...more });
      expect(refused).toMatchObject({ ok: false, code: 'SESSION_CONFLICT', details: { version: version + 1 } });
    }
    await ok(door.call('updateSystemPrompt', actor, { sessionId, systemPrompt: 'Be kind.' }));
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ version: version + 2 });
    const latest = { ...change, merge: true, version: version + 2 };
    expect(await ok(door.call('updateSession', actor, latest))).toMatchObject({ version: version + 3 });
    const nothing = await door.call('updateSession', actor, { ...change, version: 0 });
    expect(nothing).toMatchObject({ ok: false, code: 'VALIDATION', details: { errors: [{ path: 'version' }] } });
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
    const afterTheEnd = await door.call('createSession', actor, request);
    expect(afterTheEnd).toMatchObject({ ok: false, code: 'SESSION_ENDED', details: { sessionId: session.id } });
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
      [{ promptVariables: { deep: [rawJson('9007199254740993')] } }, 'promptVariables.deep.0'],
      [{ inactivitySeconds: rawJson('9007199254740993') }, 'inactivitySeconds'],
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
};
