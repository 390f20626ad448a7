import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { userDirectory, workspaceOf } from '../../lib/workspaces/workspace-paths.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { newStack } from '../setup/test-stack.ts';

describe('the workspaces', () => {
  let base: string;
  let root: string;
  let workspaces: Workspaces;
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'workspaces-'));
    root = path.join(base, 'root');
    workspaces = new Workspaces(root);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const newSession = (userId = 'alice') => ({ id: randomUUID(), userId });
  const isThere = (file: string) =>
    stat(file).then(
      () => true,
      () => false,
    );
  /** Where the directories of a session are: each of the three at most. */
  const whereIs = async ({ id, userId }: { id: string; userId: string }) => {
    const inTrash = (await workspaces.listTrash()).filter((name) => name.startsWith(`${id}.`));
    return [
      ...((await isThere(path.join(root, workspaceOf(userId, id)))) ? ['place'] : []),
      ...((await isThere(workspaces.paths.pendingOf(id))) ? ['pending'] : []),
      ...inTrash.map(() => 'trash'),
    ];
  };

  describe('one after the other', () => {
    test('are made aside, moved in, moved out, and removed', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      expect(await whereIs(session)).toEqual(['pending']);
      await workspaces.publish(session);
      expect(await whereIs(session)).toEqual(['place']);
      expect(workspaces.pathOf(session)).toBe(path.join(root, 'alice', session.id));
      await writeFile(path.join(workspaces.pathOf(session), 'file'), 'x');
      const name = await workspaces.moveToTrash(session);
      expect(await whereIs(session)).toEqual(['trash']);
      expect(await workspaces.removeFromTrash(name as string, new AbortController().signal)).toBe(true);
      expect(await whereIs(session)).toEqual([]);
      expect((await readdir(root)).sort()).toEqual(['.pending', '.trash']);
    });

    test('find each step done when it is repeated', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await workspaces.prepare(session.id);
      expect(await whereIs(session)).toEqual(['pending']);
      await workspaces.publish(session);
      await writeFile(path.join(workspaces.pathOf(session), 'file'), 'kept');
      await workspaces.publish(session);
      expect(await readFile(path.join(workspaces.pathOf(session), 'file'), 'utf8')).toBe('kept');
      expect(await whereIs(session)).toEqual(['place']);
      expect(await workspaces.moveToTrash(session)).toMatch(new RegExp(`^${session.id}\\.`));
      expect(await workspaces.moveToTrash(session)).toBeUndefined();
      expect(await whereIs(session)).toEqual(['trash']);
    });

    test('are discarded while they are aside, any number of times', async () => {
      const session = newSession();
      await workspaces.discard(session.id);
      await workspaces.prepare(session.id);
      await workspaces.discard(session.id);
      await workspaces.discard(session.id);
      expect(await whereIs(session)).toEqual([]);
    });

    test('are not touched by discard once they are in their place', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await workspaces.publish(session);
      await workspaces.discard(session.id);
      expect(await whereIs(session)).toEqual(['place']);
    });

    test('go into the trash from aside too, as the end of a session and as abandoned', async () => {
      const [ended, abandoned] = [newSession(), newSession()];
      await workspaces.prepare(ended.id);
      await workspaces.prepare(abandoned.id);
      expect((await workspaces.listPending()).map(({ sessionId }) => sessionId).sort()).toEqual(
        [ended.id, abandoned.id].sort(),
      );
      await workspaces.moveToTrash(ended);
      await workspaces.discardAbandoned(abandoned.id);
      await workspaces.discardAbandoned(abandoned.id);
      expect(await whereIs(ended)).toEqual(['trash']);
      expect(await whereIs(abandoned)).toEqual(['trash']);
      expect(await workspaces.listPending()).toEqual([]);
    });

    test('say when they were made aside', async () => {
      const { id } = newSession();
      await workspaces.prepare(id);
      const [pending] = await workspaces.listPending();
      expect(pending?.madeAt).toEqual((await stat(workspaces.paths.pendingOf(id))).mtime);
    });

    test('are none where there is no root yet', async () => {
      expect(await workspaces.listPending()).toEqual([]);
      expect(await workspaces.listTrash()).toEqual([]);
      expect(await isThere(root)).toBe(false);
    });

    test('leave no place without a directory made aside', async () => {
      const session = newSession();
      await mkdir(root);
      expect(await workspaces.publish(session)).toBe(false);
      expect(await whereIs(session)).toEqual([]);
    });

    test('keep the other workspaces of the user, and tidy the user away with the last', async () => {
      const [first, last] = [newSession(), newSession()];
      for (const session of [first, last]) {
        await workspaces.prepare(session.id);
        await workspaces.publish(session);
      }
      await workspaces.moveToTrash(first);
      expect(await whereIs(last)).toEqual(['place']);
      await workspaces.moveToTrash(last);
      expect(await isThere(path.join(root, 'alice'))).toBe(false);
    });

    test.each(['..', '../../etc', 'a/b', '.', '.trash', '%2e%2e'])(
      'of the user %j stay in the root',
      async (userId) => {
        const session = newSession(userId);
        await workspaces.prepare(session.id);
        await workspaces.publish(session);
        expect(await readdir(path.join(root, userDirectory(userId)))).toEqual([session.id]);
        expect(await readdir(base)).toEqual(['root']);
      },
    );
  });

  describe('where the file system takes its time', () => {
    test('are not open any longer when they open too late', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await workspaces.publish(session);
      let answer = () => {};
      const answered = new Promise<void>((resolve) => (answer = resolve));
      let opened: Promise<OpenDirectory> | undefined;
      const open = OpenDirectory.open.bind(OpenDirectory);
      const spy = jest
        .spyOn(OpenDirectory, 'open')
        .mockImplementationOnce((at) => (opened = answered.then(() => open(at))));
      const timeUp = new AbortController();
      const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp.signal);
      try {
        const outcome = workspaces.open(session).catch((thrown: unknown) => String(thrown));
        expect(timeout).toHaveBeenCalledWith(10_000);
        timeUp.abort();
        expect(await outcome).toContain('did not answer within 10000 ms');
      } finally {
        timeout.mockRestore();
        spy.mockRestore();
      }
      answer();
      const late = (await opened) as OpenDirectory;
      const isOpen = () =>
        late.sync().then(
          () => true,
          () => false,
        );
      for (let look = 0; look < 500 && (await isOpen()); look++) await turn();
      expect(await isOpen()).toBe(false);
      const again = (await workspaces.open(session)) as OpenDirectory;
      await again.close();
    });
  });

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
        const where = await whereIs(session);
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
        expect(await whereIs(session)).toEqual(['trash']);
      }
    });

    test('are moved in once by any number of movers', async () => {
      for (let round = 0; round < 50; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        const moved = await Promise.all(Array.from({ length: 5 }, () => new Workspaces(root).publish(session)));
        expect(moved).toEqual(Array(5).fill(true));
        expect(await whereIs(session)).toEqual(['place']);
      }
    });

    test('are retired once by any number of enders', async () => {
      for (let round = 0; round < 50; round++) {
        const session = newSession();
        await workspaces.prepare(session.id);
        await workspaces.publish(session);
        const names = await Promise.all(Array.from({ length: 5 }, () => new Workspaces(root).moveToTrash(session)));
        expect(names.filter((name) => name !== undefined)).toHaveLength(1);
        expect(await whereIs(session)).toEqual(['trash']);
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
          expect(await whereIs(session)).toEqual(['place']);
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
        expect(await whereIs(session)).toEqual(['place']);
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
      for (const session of sessions) expect(await whereIs(session)).toEqual(['place']);
    });
  });

  describe('where a file is in the way of the user', () => {
    test('are not moved in, and the file stays', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await writeFile(path.join(root, 'alice'), 'in the way');
      expect(await workspaces.publish(session)).toBe(false);
      expect(await whereIs(session)).toEqual(['pending']);
      await workspaces.moveToTrash(session);
      expect(await whereIs(session)).toEqual(['trash']);
      expect(await readFile(path.join(root, 'alice'), 'utf8')).toBe('in the way');
    });

    test('fail the create, which gives the seat back, frees the key and leaves no directory', async () => {
      const stack = await newStack({ WORKSPACE_ROOT: root, MAX_SESSIONS: '1' });
      try {
        await mkdir(root);
        await writeFile(path.join(root, 'alice'), 'in the way');
        const create = () => stack.manager.createSession('alice', 'acme', { idempotencyKey: 'key' });
        await expect(create()).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
        expect(await stack.manager.countAllSessions()).toBe(0);
        expect((await stack.manager.listSessions('alice')).sessions).toEqual([]);
        expect(await workspaces.listPending()).toEqual([]);
        expect(await workspaces.listTrash()).toEqual([]);
        await rm(path.join(root, 'alice'));
        const session = await create();
        expect(session.replayed).toBe(false);
        expect(await isThere(session.getWorkspacePath())).toBe(true);
      } finally {
        await stack.close();
      }
    });

    test('are refused with no seat taken when nothing can be made aside', async () => {
      const stack = await newStack({ WORKSPACE_ROOT: root });
      try {
        await writeFile(root, 'in the way');
        await expect(stack.manager.createSession('alice', 'acme')).rejects.toMatchObject({
          code: 'WORKSPACE_CREATION',
        });
        expect(await stack.manager.countAllSessions()).toBe(0);
        expect(await readFile(root, 'utf8')).toBe('in the way');
      } finally {
        await stack.close();
      }
    });
  });
});

async function waitTurns(turns: number): Promise<void> {
  for (let passed = 0; passed < turns; passed++) await turn();
}
