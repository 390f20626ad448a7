import { expect } from '@jest/globals';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal, type Actor } from './door.ts';
import { create, type Scenario, type Stage } from './stage.ts';

function people({ fresh }: Stage) {
  const user: Actor = { userId: fresh('user'), orgId: fresh('org') };
  const admin: Actor = { userId: fresh('user'), orgId: user.orgId, role: 'admin' };
  const operator: Actor = { userId: fresh('user'), orgId: fresh('org'), role: 'operator' };
  return { user, admin, operator };
}

export const limitScenarios: Record<string, Scenario> = {
  'a limit is what is configured until one is put, and again once that is deleted': async (stage) => {
    const { door } = stage;
    const { user, operator } = people(stage);
    const of = { scope: 'user', userId: user.userId, orgId: user.orgId };
    const configured = { limit: 3, active: 0, items: 1, isDefault: true };
    expect(await ok(door.call('getLimit', operator, of))).toEqual(configured);
    const own = { limit: 1, active: 0, items: 1, isDefault: false };
    expect(await ok(door.call('putLimit', operator, { ...of, limit: 1 }))).toEqual(own);
    const session = await create(door, user);
    const refused = await door.call('createSession', user, {});
    expect(refused).toMatchObject({ code: 'MAX_SESSIONS_REACHED', details: { scope: 'user', limit: 1, active: 1 } });
    expect(await ok(door.call('getUsage', user, {}))).toMatchObject({ user: { active: 1, limit: 1 } });
    expect(await ok(door.call('getLimit', operator, of))).toEqual({ ...own, active: 1 });
    expect(await ok(door.call('deleteLimit', operator, of))).toBeNull();
    expect(await ok(door.call('deleteLimit', operator, of))).toBeNull();
    expect(await ok(door.call('getLimit', operator, of))).toEqual({ ...configured, active: 1 });
    await ok(door.call('cleanupSession', user, { sessionId: session.id }));
  },

  'an organisation may have no limit at all, or none but 0, and its seats over several items': async (stage) => {
    const { door } = stage;
    const { user, operator } = people(stage);
    const of = { scope: 'org', orgId: user.orgId };
    const unlimited = { limit: null, active: 0, items: 4, isDefault: false };
    expect(await ok(door.call('putLimit', operator, { ...of, limit: null, items: 4 }))).toEqual(unlimited);
    const { id: sessionId } = await create(door, user);
    expect(await ok(door.call('getUsage', user, {}))).toMatchObject({ org: { active: 1, limit: null } });
    const closed = { limit: 0, active: 1, items: 1, isDefault: false };
    expect(await ok(door.call('putLimit', operator, { ...of, limit: 0 }))).toEqual(closed);
    expect(await ok<SessionInfo>(door.call('getSession', user, { sessionId }))).toMatchObject({ id: sessionId });
    expect(await refusal(door.call('createSession', user, {}))).toBe('MAX_SESSIONS_REACHED');
    await ok(door.call('cleanupSession', user, { sessionId }));
    expect(await refusal(door.call('createSession', user, {}))).toBe('MAX_SESSIONS_REACHED');
    await ok(door.call('deleteLimit', operator, of));
    await ok(door.call('cleanupSession', user, { sessionId: (await create(door, user)).id }));
  },

  'limits are an operator’s, and nobody else’s': async (stage) => {
    const { door } = stage;
    const { user, admin } = people(stage);
    for (const actor of [user, admin]) {
      for (const ref of [{ scope: 'global' }, { scope: 'org', orgId: user.orgId }, { scope: 'user', ...user }]) {
        expect(await refusal(door.call('getLimit', actor, ref))).toBe('FORBIDDEN');
        expect(await refusal(door.call('putLimit', actor, { ...ref, limit: 1 }))).toBe('FORBIDDEN');
        expect(await refusal(door.call('deleteLimit', actor, ref))).toBe('FORBIDDEN');
      }
    }
  },

  'a limit that makes no sense is refused by its field': async (stage) => {
    const { door } = stage;
    const { operator } = people(stage);
    const all = { scope: 'global', limit: 20 };
    const bad: [Record<string, unknown>, string][] = [
      [{ ...all, scope: 'team' }, 'scope'],
      [{ ...all, orgId: 'acme' }, 'orgId'],
      [{ ...all, scope: 'org' }, 'orgId'],
      [{ ...all, scope: 'org', orgId: 'acme', userId: 'alice' }, 'userId'],
      [{ ...all, scope: 'user', orgId: 'acme' }, 'userId'],
      [{ ...all, limit: -1 }, 'limit'],
      [{ ...all, limit: 1.5 }, 'limit'],
      [{ ...all, limit: '20' }, 'limit'],
      [{ scope: 'global' }, 'limit'],
      [{ ...all, items: 0 }, 'items'],
      [{ ...all, items: 33 }, 'items'],
    ];
    for (const [input, path] of bad) {
      const reply = await door.call('putLimit', operator, input);
      expect(reply).toMatchObject({ code: 'VALIDATION', details: { errors: [{ path }] } });
    }
    const empty = await door.call('putLimit', operator, { ...all, scope: 'org', orgId: '' });
    expect(empty).toMatchObject({ code: 'INVALID_ORG_ID' });
  },
};
