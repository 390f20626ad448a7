import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { IdempotencyConflictError, SessionEndedError } from '../../lib/errors.ts';
import { parsed, send } from '../api/lambda-events.ts';
import { atFirst, inject } from '../faults/dynamodb-faults.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const KEY = { idempotencyKey: 'monday' };
const DAY_SECONDS = 24 * 60 * 60;
const TOUCH_SECONDS = 61;

describe('a repeated create', () => {
  let stack: TestStack;
  let clock: TestClock;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ MAX_SESSIONS_PER_USER: '1' }, clock);
  });
  afterEach(() => stack.close());

  const create = (options: object = KEY) => stack.manager.createSession('ada', 'acme', options);
  const event = (body: object = {}) => ({
    headers: { 'x-user-id': 'ada', 'x-org-id': 'acme', 'idempotency-key': 'monday' },
    body: JSON.stringify(body),
  });
  const lastEvent = () => stack.audited.at(-1);

  test('whose session has ended was told that there is no session, as if it asked for one by its id', async () => {
    const { id } = await create();
    await stack.manager.cleanupSession(id);
    const answer = await send(stack, 'POST /sessions', event());
    expect([answer.statusCode, parsed(answer)]).toMatchObject([409, { code: 'SESSION_ENDED', sessionId: id }]);
    expect(lastEvent()).toMatchObject({
      event: 'session.create-refused',
      code: 'SESSION_ENDED',
      refusal: 'conflict',
      sessionId: id,
    });
    expect(await stack.manager.countUserSessions('ada', 'acme')).toBe(0);
  });

  test('whose session is ending was told the same, at a full limit too', async () => {
    const { id } = await create();
    await expect(create({})).rejects.toThrow('limit');
    await stack.parts.store.claimEnd(id, 'requested');
    await expect(create()).rejects.toThrow(SessionEndedError);
    await expect(create({ ...KEY, metadata: { a: 'b' } })).rejects.toThrow(IdempotencyConflictError);
  });

  test('creates a session again only after the key has lived its 24 hours', async () => {
    const { id } = await create();
    await stack.manager.cleanupSession(id);
    clock.advance({ seconds: DAY_SECONDS - 1 });
    await expect(create()).rejects.toThrow(SessionEndedError);
    clock.advance({ seconds: 1 });
    expect((await create()).replayed).toBe(false);
  });

  test.each([
    ['it is marked as answered', 1],
    ['its activity is written', 2],
  ])('whose session ends just before %s was told that there is no session', async (_when, write) => {
    const { id } = await create();
    clock.advance({ seconds: TOUCH_SECONDS });
    let writes = 0;
    const restore = inject(stack.client, {
      before: async (command) => {
        if (command === 'UpdateItemCommand' && ++writes === write) await stack.parts.store.claimEnd(id, 'requested');
      },
    });
    await expect(create()).rejects.toThrow(SessionEndedError);
    restore();
  });

  describe('with a composer of the embedder', () => {
    let composed: number;
    const counting = { compose: async () => `prompt ${++composed}` };
    beforeEach(() => {
      composed = 0;
      stack.manager.setPromptComposer(counting);
    });

    test('ran the composer again, and so paid twice for a model', async () => {
      const first = await create();
      const again = await create();
      expect([again.id, again.replayed, composed]).toEqual([first.id, true, 1]);
      expect(await again.getSystemPrompt()).toBe('prompt 1');
      expect(await send(stack, 'POST /sessions', event())).toMatchObject({ statusCode: 200 });
      await expect(create({ ...KEY, metadata: { a: 'b' } })).rejects.toThrow(IdempotencyConflictError);
      await stack.manager.cleanupSession(first.id);
      await expect(create()).rejects.toThrow(SessionEndedError);
      expect(composed).toBe(1);
      expect(lastEvent()).toMatchObject({ event: 'session.create-refused', sessionId: first.id });
    });

    test('that was given with the options ran it again', async () => {
      const own = await newStack({}, clock, { promptComposer: counting });
      try {
        await own.manager.createSession('ada', 'acme', KEY);
        expect((await own.manager.createSession('ada', 'acme', KEY)).replayed).toBe(true);
        expect(composed).toBe(1);
      } finally {
        await own.close();
      }
    });

    test('composes anew once the key is forgotten, and counts as activity until then', async () => {
      await create();
      clock.advance({ seconds: TOUCH_SECONDS });
      expect((await create()).getSessionInfo().lastActiveAt).toBe(clock.now().toISOString());
      clock.advance({ seconds: DAY_SECONDS });
      await stack.manager.cleanupInactiveSessions(0);
      expect((await create()).replayed).toBe(false);
      expect(composed).toBe(2);
    });

    test('at the same time as the first may compose too: one session, and the prompt of whoever created it', async () => {
      const both = await Promise.all([create(), create()]);
      expect(new Set(both.map(({ id }) => id)).size).toBe(1);
      expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
      expect(await both[0].getSystemPrompt()).toMatch(/^prompt [12]$/);
    });

    test('looks the key up in one read, and without a key in none', async () => {
      const reads: string[] = [];
      const restore = inject(stack.client, { before: (command) => void reads.push(command) });
      await create();
      await stack.manager.createSession('bob', 'acme', {});
      restore();
      expect(reads).toEqual(['GetItemCommand', 'TransactWriteItemsCommand', 'TransactWriteItemsCommand']);
    });

    test('is refused where the key cannot be looked up, rather than composed for', async () => {
      const restore = inject(stack.client, {
        before: atFirst(99, 'GetItemCommand', () => {
          throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
        }),
      });
      await expect(create()).rejects.toThrow('no');
      restore();
      expect(composed).toBe(0);
    });
  });
});
