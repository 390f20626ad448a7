import { stat } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal, type Actor } from './door.ts';
import { UNKNOWN, create, endAll, someone, type Scenario } from './stage.ts';

/** Who may see and change what, and whose ids are kept apart. */
export const callerScenarios: Record<string, Scenario> = {
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
};
