import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import { lambdaContext } from '../../api/lambda-events.ts';
import { inject } from '../../faults/dynamodb-faults.ts';
import { inShort, MeteredStack } from './metered-stack.ts';

describe('metrics', () => {
  let own: MeteredStack;

  describe('of sweeps', () => {
    beforeEach(async () => {
      own = await MeteredStack.start();
    });
    afterEach(() => own.stop());

    test('say how late, how many, and what is left in the trash', async () => {
      const bad = await own.stack.manager.createSession('alice', 'acme', { inactivitySeconds: 300 });
      await own.stack.manager.createSession('alice', 'acme');
      await own.stack.manager.createSession('alice', 'acme', { inactivitySeconds: 60_000 });
      await own.leaveInTrash();
      own.clock.advance({ seconds: MeteredStack.touchSeconds + MeteredStack.inactivitySeconds + 100 });
      const restore = inject(own.stack.client, {
        before: (command, input) => {
          if (command === 'TransactWriteItemsCommand' && JSON.stringify(input).includes(bad.id)) throw new Error('no');
        },
      });
      expect(inShort(await own.sentBy(() => own.sweep()))).toEqual({
        SweepDuration: expect.any(Number),
        // The first was due 400 s ago: a session's own setting counts, and its touch interval.
        SweepLag: 400,
        SessionsCleaned: 1,
        SessionsNotCleaned: 1,
        TrashBacklog: 1,
        SeatsActive: 2,
        'SeatsUsed Scope=global': 2,
      });
      restore();
    });

    test('count as waiting what a sweep without time leaves in the trash, and how late it left what is due', async () => {
      await own.stack.manager.createSession('alice', 'acme');
      for (const name of ['a', 'b', 'c']) await mkdir(path.join(own.stack.root, '.trash', name), { recursive: true });
      own.clock.advance({ seconds: 3600 });
      const late = inShort(await own.sentBy(() => own.sweep(AbortSignal.abort())));
      expect(late).toMatchObject({
        TrashBacklog: 3,
        SweepLag: 3600 - MeteredStack.inactivitySeconds - MeteredStack.touchSeconds,
      });
      expect(late).not.toHaveProperty('SessionsCleaned');
      const next = inShort(await own.sentBy(() => own.sweep()));
      expect(next).toMatchObject({ SessionsCleaned: 1 });
      expect(next).not.toHaveProperty('TrashBacklog');
    });

    test('know no lateness of what ends by an idle time that was asked for', async () => {
      await own.stack.manager.createSession('alice', 'acme');
      own.clock.advance({ seconds: 3600 });
      const sent = inShort(await own.sentBy(() => own.stack.manager.cleanupInactiveSessions(1000)));
      expect(sent).toMatchObject({ SessionsCleaned: 1 });
      expect(sent).not.toHaveProperty('SweepLag');
    });

    test('are none when there was nothing to do: an idle stack sends nothing', async () => {
      const session = await own.stack.manager.createSession('alice', 'acme');
      await own.stack.manager.cleanupSession(session.id);
      const handler = lambdaHandler('cleanup', () => own.stack);
      expect(await own.sentBy(() => handler(SCHEDULED_EVENT, lambdaContext(900_000)))).toEqual([]);
    });

    test('count a run of the schedule that fails', async () => {
      inject(own.stack.client, {
        before: () => {
          throw new Error('a surprise');
        },
      });
      const handler = lambdaHandler('cleanup', () => own.stack);
      expect(inShort(await own.sentBy(() => handler(SCHEDULED_EVENT, lambdaContext(900_000))))).toEqual({
        'Failures Code=INTERNAL': 1,
      });
    });
  });
});
