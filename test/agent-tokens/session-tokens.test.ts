import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import { APPLICATION } from '../../lib/identity.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { CreatedToken } from '../../lib/agent-tokens/session-tokens.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { readState } from '../invariants/stored-state.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const withoutToken = ({ token: _token, ...seen }: CreatedToken) => seen;
const DAY = 86_400;
const SCOPES = ['mcp', 'files:read', 'files:write', 'heartbeat', 'prompt:read'];

describe('the tokens of a session', () => {
  const clock = new TestClock();
  let stack: TestStack;
  let session: Session;
  beforeAll(async () => {
    stack = await newStack({ INACTIVITY_SECONDS: '2592000', MAX_SESSIONS: '0' }, clock);
  });
  beforeEach(async () => {
    session = await stack.manager.createSession('ada', 'acme');
  });
  afterAll(() => stack?.close());

  const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString();
  const callerOf = (token: string) => stack.parts.agents.callerOf(token);
  const stored = async () => {
    const { items } = await readState({ client: stack.client, tableName: stack.config.tableName, root: stack.root });
    return items.find(({ pk, sk }) => pk.endsWith(session.id) && sk === 'TOKENS') as
      { tokens: object; ttl: number } | undefined;
  };
  const refused = expect.objectContaining({ code: 'UNAUTHORIZED', message: 'The request has no valid session token.' });

  test('open all that there is for a day, unless they are told', async () => {
    const { token, ...told } = await session.tokens.create();
    expect(told).toEqual({ id: told.id, name: told.id, scopes: SCOPES, expiresAt: inSeconds(DAY) });
    expect(await callerOf(token)).toEqual({ kind: 'agent', sessionId: session.id, scopes: SCOPES, tokenId: told.id });
    const few = await session.tokens.create({
      name: 'reviewer',
      scopes: ['prompt:read', 'files:read', 'files:read'],
      expiresInSeconds: 60,
    });
    expect(few).toMatchObject({ name: 'reviewer', scopes: ['files:read', 'prompt:read'], expiresAt: inSeconds(60) });
    expect(await callerOf(few.token)).toMatchObject({ scopes: ['files:read', 'prompt:read'] });
    expect((await session.tokens.list()).find(({ id }) => id === few.id)).toEqual({
      ...withoutToken(few),
      createdAt: inSeconds(0),
    });
  });

  test('are listed the oldest first', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.push((await session.tokens.create()).id);
      clock.advance({ ms: 1 });
    }
    expect((await session.tokens.list()).map(({ id }) => id)).toEqual(ids);
  });

  test.each<[object, string]>([
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: '\ud800' }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['everything'] }, 'scopes.0'],
    [{ scopes: 'mcp' }, 'scopes'],
    [{ scopes: Array(6).fill('mcp') }, 'scopes'],
    [{ expiresInSeconds: 59 }, 'expiresInSeconds'],
    [{ expiresInSeconds: 2_592_001 }, 'expiresInSeconds'],
    [{ expiresInSeconds: 60.5 }, 'expiresInSeconds'],
    [{ expiresAt: 'never' }, 'expiresAt'],
  ])('are not created with %j', async (options, path) => {
    await expect(session.tokens.create(options)).rejects.toMatchObject({
      code: 'VALIDATION',
      details: { errors: [{ path }] },
    });
    expect(await stored()).toBeUndefined();
  });

  test('end at their time by the clock, and DynamoDB removes the item after the last of them', async () => {
    const short = await session.tokens.create({ expiresInSeconds: 60 });
    const long = await session.tokens.create({ expiresInSeconds: 120 });
    expect((await stored())?.ttl).toBe(Math.ceil(Date.parse(long.expiresAt) / 1000));
    clock.advance({ ms: 59_999 });
    expect(await callerOf(short.token)).toMatchObject({ tokenId: short.id });
    clock.advance({ ms: 1 });
    await expect(callerOf(short.token)).rejects.toEqual(refused);
    expect((await session.tokens.list()).map(({ id }) => id)).toEqual([long.id]);
    await expect(session.tokens.delete(short.id)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
    expect(await callerOf(long.token)).toMatchObject({ tokenId: long.id });
  });

  test('are refused from the moment on in which they are revoked, or their session ends', async () => {
    const [one, other] = [await session.tokens.create(), await session.tokens.create()];
    await session.tokens.delete(one.id);
    await expect(callerOf(one.token)).rejects.toEqual(refused);
    expect(await callerOf(other.token)).toMatchObject({ tokenId: other.id });
    for (const id of [one.id, 'x', '__proto__', '', '#'.repeat(5), 7 as unknown as string]) {
      await expect(session.tokens.delete(id)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
    }
    await stack.parts.store.claimEnd(session.id, 'requested');
    await expect(callerOf(other.token)).rejects.toEqual(refused);
    await stack.manager.cleanupSession(session.id);
    await expect(callerOf(other.token)).rejects.toEqual(refused);
    // What is left has no more than hashes, and expires.
    expect(await stored()).toMatchObject({ tokens: { [other.id]: {} } });
  });

  test('are stored as hashes, and printed by nobody who looks at what a create gives', async () => {
    const created = await session.tokens.create({ name: 'reviewer' });
    const { token } = created;
    expect(JSON.stringify(await stored())).not.toContain(token.slice(20, 60));
    for (const shown of [inspect(created), inspect({ created }, { depth: 9 }), inspect(session.tokens, { depth: 9 })]) {
      expect(shown).not.toContain(token.slice(4, 40));
    }
    expect(inspect(created)).toContain('reviewer');
    expect(JSON.parse(JSON.stringify(created))).toEqual({ ...created });
    expect(JSON.stringify(stack.audited)).not.toContain(token.slice(4, 40));
  });

  test('are 20 at most, not counting those that have expired', async () => {
    const short = await session.tokens.create({ expiresInSeconds: 60 });
    for (let count = 1; count < 20; count++) await session.tokens.create();
    await expect(session.tokens.create()).rejects.toMatchObject({ code: 'TOKEN_LIMIT', details: { limit: 20 } });
    // All are of the same moment, so the list has them in any order.
    const revoked = (await session.tokens.list()).find(({ id }) => id !== short.id);
    await session.tokens.delete(revoked?.id ?? '');
    await session.tokens.create();
    clock.advance({ seconds: 60 });
    const last = await session.tokens.create();
    expect(Object.keys((await stored())?.tokens ?? {})).not.toContain(short.id);
    await expect(session.tokens.create()).rejects.toMatchObject({ code: 'TOKEN_LIMIT' });
    expect(await callerOf(last.token)).toMatchObject({ tokenId: last.id });
  });

  test('are never more than 20, and none is lost, where two processes create and revoke at the same time', async () => {
    const other = new SessionManager(sessionManagerParts(stack.options).manager, APPLICATION);
    for (let count = 0; count < 16; count++) await session.tokens.create();
    const [old] = await session.tokens.list();
    const creates = Array.from({ length: 8 }, (_, index) =>
      (index % 2 ? session : other.session(session.id)).tokens.create(),
    );
    const outcomes = await Promise.allSettled([...creates, other.session(session.id).tokens.delete(old?.id ?? '')]);
    const made = outcomes
      .slice(0, 8)
      .flatMap((outcome) => (outcome.status === 'fulfilled' && outcome.value ? [outcome.value] : []));
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : [],
    );
    expect(new Set(failures)).toEqual(new Set(['TOKEN_LIMIT']));
    const ids = (await session.tokens.list()).map(({ id }) => id);
    expect(ids.length).toBe(15 + made.length);
    expect(ids).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
    expect(ids).not.toContain(old?.id);
    for (const { token, id } of made) expect(await callerOf(token)).toMatchObject({ tokenId: id });
  });

  test('are there, or gone, where the reply to the write was lost', async () => {
    let restore = inject(stack.client, { after: atFirst(1, 'UpdateItemCommand', lostReply) });
    const created = await session.tokens.create();
    restore();
    expect((await session.tokens.list()).map(({ id }) => id)).toEqual([created.id]);
    restore = inject(stack.client, { after: atFirst(1, 'UpdateItemCommand', lostReply) });
    await session.tokens.delete(created.id);
    restore();
    expect(await session.tokens.list()).toEqual([]);
  });

  test('are created by the owner, and by nobody who may only see the session', async () => {
    const { id } = session;
    const of = (kind: 'user' | 'admin' | 'operator', userId: string, orgId = 'acme') =>
      stack.manager.as({ kind, userId, orgId }).session(id).tokens;
    expect(await of('user', 'ada').create()).toMatchObject({ token: expect.any(String) });
    expect(await of('admin', 'ada').create()).toMatchObject({ token: expect.any(String) });
    const made = (await session.tokens.list()).length;
    for (const tokens of [of('admin', 'root'), of('operator', 'op'), of('operator', 'ada', 'other')]) {
      await expect(tokens.create()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await tokens.list()).toHaveLength(made);
    }
    const unnamed = stack.manager.as({ kind: 'operator' }).session(id).tokens;
    await expect(unnamed.create()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    for (const tokens of [of('user', 'bob'), of('user', 'ada', 'other'), of('admin', 'root', 'other')]) {
      for (const call of [() => tokens.create(), () => tokens.list(), () => tokens.delete('5f0c2a9e41b7d863')]) {
        await expect(call()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      }
    }
    expect(await session.tokens.list()).toHaveLength(made);
  });

  test('leave events that name them by id', async () => {
    const { id: tokenId } = await session.tokens.create();
    await session.tokens.list();
    await session.tokens.delete(tokenId);
    await expect(session.tokens.delete('a secret?')).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
    const of = { sessionId: session.id, userId: 'ada', orgId: 'acme' };
    expect(stack.audited.slice(-4)).toMatchObject([
      { event: 'token.created', tokenId, ...of },
      { event: 'token.listed', ...of },
      { event: 'token.revoked', tokenId, ...of },
      { event: 'token.revoke-refused', code: 'TOKEN_NOT_FOUND', ...of },
    ]);
    expect(stack.audited.at(-1)).not.toHaveProperty('tokenId');
  });
});
