import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inject } from '../../faults/dynamodb-faults.ts';
import { durationOf, inShort, MeteredStack } from './metered-stack.ts';

describe('metrics', () => {
  let own: MeteredStack;

  describe('of seats', () => {
    beforeEach(async () => {
      own = await MeteredStack.start({ MAX_SESSIONS: '8', MAX_SESSIONS_PER_ORG: '4', MAX_SESSIONS_PER_USER: '2' });
    });
    afterEach(() => own.stop());

    const create = (userId: string, orgId: string) => () => own.stack.manager.createSession(userId, orgId);

    // A create read them each time, and so was two requests.
    test('are taken once a minute beside a create, for each scope with a limit, and say whose they are', async () => {
      await create('alice', 'acme')();
      expect(inShort(await own.sentBy(create('eve', 'other')))).toEqual(durationOf('success'));
      await own.stack.manager.cleanupSession((await own.stack.manager.listSessions('eve')).sessions[0]?.id ?? '');
      own.clock.advance({ seconds: 60 });
      const sent = await own.sentBy(create('bob', 'acme'));
      expect(inShort(sent)).toEqual({
        ...durationOf('success'),
        SeatsActive: 2,
        'SeatsUsed Scope=global': 25,
        'SeatsUsed Scope=org': 50,
        'SeatsUsed Scope=user': 50,
      });
      const whose = sent.flatMap(({ dimensions: { Scope }, properties }) => (Scope ? [[Scope, properties]] : []));
      expect(Object.fromEntries(whose)).toEqual({
        global: {},
        org: { orgId: 'acme' },
        user: { userId: 'bob', orgId: 'acme' },
      });
    });

    test('are counted by the scope that was full when a create is refused', async () => {
      const refused = async (scope: string, userId: string, orgId: string) => {
        expect(inShort(await own.sentBy(create(userId, orgId)))).toMatchObject({
          ...durationOf('refused'),
          [`SeatRefusals Scope=${scope}`]: 1,
          [`SeatsUsed Scope=${scope}`]: 100,
        });
      };
      for (const user of ['a', 'a', 'b', 'b']) await create(user, 'acme')();
      await refused('user', 'a', 'acme');
      await refused('org', 'c', 'acme');
      for (const user of ['a', 'a', 'b', 'b']) await create(user, 'other')();
      await refused('global', 'a', 'third');
    });

    test('are taken with each sweep, so that they are known when nobody begins a session', async () => {
      await create('alice', 'acme')();
      expect(inShort(await own.sentBy(() => own.sweep()))).toEqual({ SeatsActive: 1, 'SeatsUsed Scope=global': 12.5 });
    });

    test('that cannot be counted, or not in time, hold up no create', async () => {
      const fault = { what: async (): Promise<void> => Promise.reject(new Error('no')) };
      const restore = inject(own.stack.client, {
        before: (command, input) =>
          command === 'BatchGetItemCommand' && JSON.stringify(input).includes('SEATS#') ? fault.what() : undefined,
      });
      expect(inShort(await own.sentBy(create('alice', 'acme')))).toEqual(durationOf('success'));
      fault.what = () => new Promise(() => undefined);
      own.clock.advance({ seconds: 60 });
      const startedAt = performance.now();
      expect(inShort(await own.sentBy(create('alice', 'acme')))).toEqual(durationOf('success'));
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      restore();
      expect(await own.stack.manager.countAllSessions()).toBe(2);
      expect(await readdir(path.join(own.stack.root, 'alice'))).toHaveLength(2);
    });
  });
});
