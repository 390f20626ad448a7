import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { userDirectory } from '../../lib/workspaces/workspace-paths.ts';
import type { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { newStack } from '../setup/test-stack.ts';
import { isThere } from '../setup/is-there.ts';
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

  describe('one after the other', () => {
    test('are made aside, moved in, moved out, and removed', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      expect(await own.whereIs(session)).toEqual(['pending']);
      await workspaces.publish(session);
      expect(await own.whereIs(session)).toEqual(['place']);
      expect(workspaces.pathOf(session)).toBe(path.join(root, 'alice', session.id));
      await writeFile(path.join(workspaces.pathOf(session), 'file'), 'x');
      const name = await workspaces.moveToTrash(session);
      expect(await own.whereIs(session)).toEqual(['trash']);
      expect(await workspaces.removeFromTrash(name as string, new AbortController().signal)).toBe(true);
      expect(await own.whereIs(session)).toEqual([]);
      expect((await readdir(root)).sort()).toEqual(['.pending', '.trash']);
    });

    test('find each step done when it is repeated', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await workspaces.prepare(session.id);
      expect(await own.whereIs(session)).toEqual(['pending']);
      await workspaces.publish(session);
      await writeFile(path.join(workspaces.pathOf(session), 'file'), 'kept');
      await workspaces.publish(session);
      expect(await readFile(path.join(workspaces.pathOf(session), 'file'), 'utf8')).toBe('kept');
      expect(await own.whereIs(session)).toEqual(['place']);
      expect(await workspaces.moveToTrash(session)).toMatch(new RegExp(`^${session.id}\\.`));
      expect(await workspaces.moveToTrash(session)).toBeUndefined();
      expect(await own.whereIs(session)).toEqual(['trash']);
    });

    test('are discarded while they are aside, any number of times', async () => {
      const session = newSession();
      await workspaces.discard(session.id);
      await workspaces.prepare(session.id);
      await workspaces.discard(session.id);
      await workspaces.discard(session.id);
      expect(await own.whereIs(session)).toEqual([]);
    });

    test('are not touched by discard once they are in their place', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await workspaces.publish(session);
      await workspaces.discard(session.id);
      expect(await own.whereIs(session)).toEqual(['place']);
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
      expect(await own.whereIs(ended)).toEqual(['trash']);
      expect(await own.whereIs(abandoned)).toEqual(['trash']);
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
      expect(await own.whereIs(session)).toEqual([]);
    });

    test('keep the other workspaces of the user, and tidy the user away with the last', async () => {
      const [first, last] = [newSession(), newSession()];
      for (const session of [first, last]) {
        await workspaces.prepare(session.id);
        await workspaces.publish(session);
      }
      await workspaces.moveToTrash(first);
      expect(await own.whereIs(last)).toEqual(['place']);
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
        expect(await readdir(own.base)).toEqual(['root']);
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
      let begin = () => {};
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const spy = jest.spyOn(OpenDirectory, 'open').mockImplementationOnce((at) => {
        begin();
        return (opened = answered.then(() => open(at)));
      });
      const timeUp = new AbortController();
      const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp.signal);
      try {
        const outcome = workspaces.open(session).catch((thrown: unknown) => String(thrown));
        await begun;
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

  describe('where a file is in the way of the user', () => {
    test('are not moved in, and the file stays', async () => {
      const session = newSession();
      await workspaces.prepare(session.id);
      await writeFile(path.join(root, 'alice'), 'in the way');
      expect(await workspaces.publish(session)).toBe(false);
      expect(await own.whereIs(session)).toEqual(['pending']);
      await workspaces.moveToTrash(session);
      expect(await own.whereIs(session)).toEqual(['trash']);
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
