import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { newSession, OwnWorkspaces } from './own-workspaces.ts';

describe('the workspaces', () => {
  let own: OwnWorkspaces;
  let root: string;
  let workspaces: Workspaces;
  beforeEach(async () => {
    own = await OwnWorkspaces.make();
    ({ root, workspaces } = own);
  });
  afterEach(() => own.close());

  describe('many at once', () => {
    test('end in their place or in the trash when they are moved in and retired at once', async () => {
      for (let round = 0; round < 200; round++) {
        const session = newSession(`user-${round % 3}`);
        await workspaces.prepare(session.id);
        const other = new Workspaces(root);
        const [moved, retired] = await Promise.allSettled([
          waitTurns(round % 7).then(() => workspaces.publish(session)),
          waitTurns((round * 3) % 8).then(() => other.moveToTrash(session)),
        ]);
        const where = await own.whereIs(session);
        expect(where).toHaveLength(1);
        expect(where).not.toContain('pending');
        expect(retired.status).toBe('fulfilled');
        if (where[0] === 'place') expect(moved.status).toBe('fulfilled');
        if (moved.status === 'rejected') expect(String(moved.reason)).toContain('neither aside nor in its place');
      }
    });

    test('go into the trash for sure when the end begins while a create moves in', async () => {
      for (let round = 0; round < 200; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        await Promise.allSettled([
          workspaces.publish(session),
          workspaces.moveToTrash(session),
          workspaces.moveToTrash(session),
        ]);
        expect(await own.whereIs(session)).toEqual(['trash']);
      }
    });

    test('are moved in once by any number of movers', async () => {
      for (let round = 0; round < 50; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        const moved = await Promise.all(Array.from({ length: 5 }, () => new Workspaces(root).publish(session)));
        expect(moved).toEqual(Array(5).fill(true));
        expect(await own.whereIs(session)).toEqual(['place']);
      }
    });

    test('are retired once by any number of enders', async () => {
      for (let round = 0; round < 50; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        await workspaces.publish(session);
        const names = await Promise.all(Array.from({ length: 5 }, () => new Workspaces(root).moveToTrash(session)));
        expect(names.filter((name) => name !== undefined)).toHaveLength(1);
        expect(await own.whereIs(session)).toEqual(['trash']);
      }
    });

    test('are moved in while the user is tidied away under them by the end of other sessions', async () => {
      for (let round = 0; round < 60; round++) {
        const [staying, leaving] = [
          [newSession(), newSession()],
          [newSession(), newSession(), newSession()],
        ];
        for (const { id } of [...staying, ...leaving]) await workspaces.prepare(id);
        for (const session of leaving) await workspaces.publish(session);
        await Promise.all([
          ...leaving.map((session, index) =>
            waitTurns((round + index) % 5).then(() => workspaces.moveToTrash(session)),
          ),
          ...staying.map(async (session) => expect(await workspaces.publish(session)).toBe(true)),
        ]);
        for (const session of staying) {
          expect(await own.whereIs(session)).toEqual(['place']);
          await workspaces.moveToTrash(session);
        }
      }
    });

    test('are moved in although the user is tidied away under them again and again', async () => {
      for (let round = 0; round < 100; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        let over = false;
        const tidying = (async () => {
          // Fewer times than a create tries.
          for (let tidied = 0; tidied < 5 && !over;) {
            const removed = await rmdir(path.join(root, 'alice')).then(
              () => true,
              () => false,
            );
            if (removed) tidied++;
          }
        })();
        expect(await workspaces.publish(session).finally(() => (over = true))).toBe(true);
        await tidying;
        expect(await own.whereIs(session)).toEqual(['place']);
        await rm(workspaces.pathOf(session), { recursive: true });
      }
    });

    test('are made by any number of instances that find no root', async () => {
      const sessions = Array.from({ length: 20 }, () => newSession());
      await Promise.all(
        sessions.map(async (session) => {
          const own = new Workspaces(root);
          await own.prepare(session.id);
          await own.publish(session);
        }),
      );
      for (const session of sessions) expect(await own.whereIs(session)).toEqual(['place']);
    });
  });
});

async function waitTurns(turns: number): Promise<void> {
  for (let passed = 0; passed < turns; passed++) await turn();
}
