import { expect } from '@jest/globals';
import { ok, refusal, type Actor } from './door.ts';
import { create, endAll, someone, UNKNOWN, type Scenario } from './stage.ts';

interface Created {
  id: string;
  name: string;
  token: string;
  scopes: string[];
  expiresAt: string;
}

const SCOPES = ['mcp', 'files:read', 'files:write', 'heartbeat', 'prompt:read'];
const secondsUntil = (time: string) => Math.round((Date.parse(time) - Date.now()) / 1000);

/** Tokens of sessions, as their owners and admins see them. What an agent does with one has no other door than HTTP. */
export const tokenScenarios: Record<string, Scenario> = {
  'a token is created, listed without itself, and revoked': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const { id: sessionId } = await create(door, owner);
    const all = await ok<Created>(door.call('createToken', owner, { sessionId }));
    expect(all).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: all.id,
      token: expect.stringMatching(/^asm_[A-Za-z0-9_-]{80}$/),
      scopes: SCOPES,
      expiresAt: expect.any(String),
    });
    expect(Math.abs(secondsUntil(all.expiresAt) - 86_400)).toBeLessThan(60);
    const few = { name: 'reviewer', scopes: ['files:read'], expiresInSeconds: 3_600 };
    const one = await ok<Created>(door.call('createToken', owner, { sessionId, ...few }));
    expect(one).toMatchObject({ name: 'reviewer', scopes: ['files:read'] });
    expect(Math.abs(secondsUntil(one.expiresAt) - 3_600)).toBeLessThan(60);
    const listed = ({ token: _token, ...seen }: Created) => ({ ...seen, createdAt: expect.any(String) });
    const list = await ok<{ tokens: object[] }>(door.call('listTokens', owner, { sessionId }));
    expect(list.tokens).toHaveLength(2);
    expect(list.tokens).toEqual(expect.arrayContaining([listed(all), listed(one)]));
    expect(await ok(door.call('deleteToken', owner, { sessionId, tokenId: one.id }))).toBeNull();
    expect(await ok(door.call('listTokens', owner, { sessionId }))).toEqual({ tokens: [listed(all)] });
    for (const tokenId of [one.id, 'x', '%', 'a#b']) {
      expect(await refusal(door.call('deleteToken', owner, { sessionId, tokenId }))).toBe('TOKEN_NOT_FOUND');
    }
    await endAll(door, owner, [{ id: sessionId }]);
  },

  'a token is created by the owner alone; admins and operators list and revoke': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const { id: sessionId } = await create(door, owner);
    const admin: Actor = { userId: stage.fresh('user'), orgId: owner.orgId, role: 'admin' };
    const operator: Actor = { userId: stage.fresh('user'), orgId: stage.fresh('org'), role: 'operator' };
    for (const actor of [admin, operator]) {
      const { id: tokenId } = await ok<Created>(door.call('createToken', owner, { sessionId }));
      expect(await refusal(door.call('createToken', actor, { sessionId }))).toBe('FORBIDDEN');
      expect(await ok(door.call('listTokens', actor, { sessionId }))).toMatchObject({ tokens: [{ id: tokenId }] });
      expect(await ok(door.call('deleteToken', actor, { sessionId, tokenId }))).toBeNull();
    }
    const strangers: [Actor, string][] = [
      [{ ...owner, userId: stage.fresh('user') }, sessionId],
      [{ ...owner, orgId: stage.fresh('org'), role: 'admin' }, sessionId],
      [owner, UNKNOWN],
    ];
    for (const [actor, id] of strangers) {
      expect(await refusal(door.call('createToken', actor, { sessionId: id }))).toBe('SESSION_NOT_FOUND');
      expect(await refusal(door.call('listTokens', actor, { sessionId: id }))).toBe('SESSION_NOT_FOUND');
      const one = { sessionId: id, tokenId: '5f0c2a9e41b7d863' };
      expect(await refusal(door.call('deleteToken', actor, one))).toBe('SESSION_NOT_FOUND');
    }
    await endAll(door, owner, [{ id: sessionId }]);
    expect(await refusal(door.call('createToken', owner, { sessionId }))).toBe('SESSION_NOT_FOUND');
  },

  'a session has 20 tokens at most, and what is malformed is refused by its field': async (stage) => {
    const { door } = stage;
    const owner = someone(stage);
    const { id: sessionId } = await create(door, owner);
    const bad: [Record<string, unknown>, string][] = [
      [{ name: '' }, 'name'],
      [{ scopes: [] }, 'scopes'],
      [{ scopes: ['files:read', 'files'] }, 'scopes.1'],
      [{ expiresInSeconds: 59 }, 'expiresInSeconds'],
      [{ expiresInSeconds: 2_592_001 }, 'expiresInSeconds'],
    ];
    for (const [input, path] of bad) {
      const reply = await door.call('createToken', owner, { sessionId, ...input });
      expect(reply).toMatchObject({ code: 'VALIDATION', details: { errors: [{ path }] } });
    }
    for (let count = 0; count < 20; count++) await ok(door.call('createToken', owner, { sessionId }));
    const reply = await door.call('createToken', owner, { sessionId });
    expect(reply).toMatchObject({ code: 'TOKEN_LIMIT', details: { limit: 20 } });
    await endAll(door, owner, [{ id: sessionId }]);
  },
};
