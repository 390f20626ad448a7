import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { CreateSessionOptions } from '../../lib/sessions/session-options.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { TestClock, newStack, type TestStack } from '../setup/test-stack.ts';
import { parsed, send } from '../api/lambda-events.ts';

const TOUCH = 60;
const IDLE = { inactivitySeconds: 60 };
/** After this such a session is due. */
const EXPIRED = { seconds: 60 + TOUCH + 1 };

describe('a session that is due and in the way of a create', () => {
  let clock: TestClock;
  let stack: TestStack;
  let manager: SessionManager;
  afterEach(() => stack.close());

  const open = async (limits: Record<string, string>) => {
    clock = new TestClock();
    stack = await newStack({ TOUCH_INTERVAL_SECONDS: `${TOUCH}`, INACTIVITY_SECONDS: '86400', ...limits }, clock);
    manager = stack.manager;
  };
  const create = (userId = 'ada', options: CreateSessionOptions = IDLE) =>
    manager.createSession(userId, 'acme', options);
  const refusal = (userId?: string) => create(userId).catch((error: { code: string; details: object }) => error);
  const isThere = (id: string) =>
    manager.getSession(id).then(
      () => true,
      () => false,
    );

  describe('of the user', () => {
    beforeEach(() => open({ MAX_SESSIONS_PER_USER: '1' }));

    test('is ended, and the create succeeds', async () => {
      const old = await create();
      clock.advance(EXPIRED);
      const next = await create();
      expect(await isThere(old.id)).toBe(false);
      expect(existsSync(old.getWorkspacePath())).toBe(false);
      expect(existsSync(next.getWorkspacePath())).toBe(true);
      expect(await manager.countUserSessions('ada', 'acme')).toBe(1);
    });

    test('leaves an event of its own, during the create', async () => {
      const old = await create();
      clock.advance(EXPIRED);
      await create();
      expect(stack.audited).toContainEqual(
        expect.objectContaining({
          event: 'session.ended',
          operation: 'createSession',
          sessionId: old.id,
          userId: 'ada',
          reason: 'inactive',
        }),
      );
      expect(stack.audited.filter(({ event }) => event === 'session.create-refused')).toEqual([]);
    });

    test('is ended also where its end was begun and interrupted', async () => {
      const old = await create('ada', {});
      await stack.parts.store.claimEnd(old.id, 'requested');
      await create();
      expect(await isThere(old.id)).toBe(false);
    });

    test('is left alone where it is not due: the refusal says that none is', async () => {
      const old = await create();
      const refused = { code: 'MAX_SESSIONS_REACHED', details: { scope: 'user', limit: 1, active: 1, due: 0 } };
      expect(await refusal()).toMatchObject(refused);
      clock.advance({ seconds: 60 + TOUCH });
      expect(await refusal()).toMatchObject(refused);
      expect(await isThere(old.id)).toBe(true);
    });

    test('is left alone where it was used between its read and its end', async () => {
      const old = await create();
      clock.advance(EXPIRED);
      const claim = stack.parts.store.claimEnd.bind(stack.parts.store);
      jest.spyOn(stack.parts.store, 'claimEnd').mockImplementationOnce(async (...claimed) => {
        await manager.session(old.id).heartbeat();
        return claim(...claimed);
      });
      expect(await refusal()).toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
      expect(await isThere(old.id)).toBe(true);
    });

    test('of another user stays, and so does another organisation’s', async () => {
      const others = [await create('eve'), await manager.createSession('ada', 'other', IDLE)];
      await create('ada', {});
      clock.advance(EXPIRED);
      expect(await refusal()).toMatchObject({ details: { scope: 'user', due: 0 } });
      for (const { id } of others) expect(await isThere(id)).toBe(true);
    });

    test('is looked for once in 5 s: refusals in a row read the list once', async () => {
      await create('ada', {});
      const oldest = jest.spyOn(stack.parts.lists, 'oldest');
      for (let refusals = 0; refusals < 5; refusals++) await refusal();
      expect(oldest).toHaveBeenCalledTimes(1);
    });

    test('that cannot be read leaves the refusal as it was', async () => {
      await create();
      clock.advance(EXPIRED);
      jest.spyOn(stack.parts.lists, 'oldest').mockRejectedValueOnce(new Error('no answer'));
      const { code, details } = (await refusal()) as { code: string; details: object };
      expect({ code, details }).toEqual({
        code: 'MAX_SESSIONS_REACHED',
        details: { scope: 'user', limit: 1, active: 1 },
      });
      // Said `due: 0` for 5 s after a read that failed, of a scope where one was due.
      expect(((await refusal()) as { details: object }).details).toEqual({ scope: 'user', limit: 1, active: 1 });
    });

    test('whose list gives no answer does not keep the refusal waiting', async () => {
      await create();
      clock.advance(EXPIRED);
      jest.spyOn(stack.parts.lists, 'oldest').mockReturnValueOnce(new Promise(() => undefined));
      const startedAt = performance.now();
      expect(await refusal()).toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    }, 20_000);

    test('and an organisation’s limit that is full then: the refusal counts nothing of the user as due in the organisation', async () => {
      await create();
      for (const userId of ['eve', 'bob']) await create(userId, {});
      await manager.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 2 });
      clock.advance(EXPIRED);
      const { details } = (await refusal()) as { details: object };
      expect(details).toEqual({ scope: 'org', limit: 2, active: 2, due: 0 });
    });

    test('is shown as due in a list, and no other is', async () => {
      const { id } = await create();
      const infos = async () => (await manager.listSessions('ada')).sessions.map((session) => session.getSessionInfo());
      expect(await infos()).toEqual([expect.not.objectContaining({ due: expect.anything() })]);
      clock.advance(EXPIRED);
      expect(await infos()).toEqual([expect.objectContaining({ id, due: true })]);
    });

    test('over HTTP: the refusal says when to come again and how many are due', async () => {
      await create('ada', {});
      const headers = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
      const refused = await send(stack, 'POST /sessions', { headers, body: '{}' });
      expect(refused).toMatchObject({ statusCode: 429, headers: { 'retry-after': '5' } });
      expect(parsed(refused)).toMatchObject({
        code: 'MAX_SESSIONS_REACHED',
        scope: 'user',
        limit: 1,
        active: 1,
        due: 0,
      });
      const listed = await send(stack, 'GET /sessions', { headers });
      expect(parsed(listed)).toMatchObject({ sessions: [expect.not.objectContaining({ due: true })] });
    });
  });

  describe('of the organisation', () => {
    beforeEach(() => open({ MAX_SESSIONS_PER_ORG: '12' }));

    test('is ended whoever has it; up to 10 of them, and the refusal knows of the rest', async () => {
      const old = [];
      for (let index = 0; index < 12; index++) old.push(await create(`user-${index}`));
      clock.advance(EXPIRED);
      await create('ada');
      const left = await Promise.all(old.map(({ id }) => isThere(id)));
      expect(left.filter(Boolean)).toHaveLength(2);
      expect(await manager.countAllSessions()).toBe(3);
    });

    test('many creates at the same time end each once, and never exceed the limit', async () => {
      for (let index = 0; index < 12; index++) await create(`user-${index}`);
      clock.advance(EXPIRED);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal('ada')));
      const created = outcomes.filter((outcome) => !('code' in outcome));
      // A create that came while they were being ended was refused at once: one of 20 succeeded.
      expect(created.length).toBeGreaterThanOrEqual(5);
      expect(await manager.countAllSessions()).toBeLessThanOrEqual(12);
      const ended = stack.audited.filter(({ event }) => event === 'session.ended').map(({ sessionId }) => sessionId);
      expect(new Set(ended).size).toBe(ended.length);
      expect(ended).toHaveLength(10);
    });
  });

  test('of the organisation is ended too, where the user’s was not all that was in the way', async () => {
    await open({ MAX_SESSIONS_PER_USER: '1', MAX_SESSIONS_PER_ORG: '2' });
    const old = [await create('ada'), await create('eve')];
    await manager.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 1 });
    clock.advance(EXPIRED);
    await create('ada');
    for (const { id } of old) expect(await isThere(id)).toBe(false);
  });

  test('of the user says nothing of the global limit, which refuses once it has ended', async () => {
    await open({ MAX_SESSIONS_PER_USER: '1' });
    await create('ada');
    await create('eve', {});
    await manager.limits.put({ scope: 'global' }, { limit: 1 });
    clock.advance(EXPIRED);
    const { details } = (await refusal('ada')) as { details: object };
    expect(details).toEqual({ scope: 'global', limit: 1, active: 1 });
  });

  test('of all is the sweep’s: the global limit refuses without a look, and says nothing of it', async () => {
    await open({ MAX_SESSIONS: '1' });
    const old = await create();
    clock.advance(EXPIRED);
    const oldest = jest.spyOn(stack.parts.lists, 'oldest');
    const { details } = (await refusal()) as { details: object };
    expect(details).toEqual({ scope: 'global', limit: 1, active: 1 });
    expect(oldest).not.toHaveBeenCalled();
    expect(await isThere(old.id)).toBe(true);
  });
});
