import { readdir } from 'node:fs/promises';
import * as realFs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import type { TestStack } from '../setup/test-stack.ts';
import { atFirst, inject } from './dynamodb-faults.ts';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { contended, storedSession } = await import('./stored-session.ts');
const { anotherInstance } = await import('../mcp-clients/instance.ts');

/** What injected faults have found; each can be repeated, and then goes well. */
describe('when the file system fails once', () => {
  let stack: TestStack;
  beforeEach(async () => {
    ({ stack } = await storedSession());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stack.close();
  });

  test.each([
    ['has ended', (other: SessionManagerParts, sessionId: string) => other.ending.end(sessionId, 'requested')],
    ['is ending', (other: SessionManagerParts, sessionId: string) => other.store.claimEnd(sessionId, 'requested')],
  ])(
    'a create whose session %s meanwhile has created it: its key was not free, as WORKSPACE_CREATION says',
    async (_how, end) => {
      const other = anotherInstance(stack);
      inject(stack.client, {
        after: atFirst(1, 'TransactWriteItemsCommand', async () => {
          const { sessions } = await other.manager.listSessions('bob', { orgId: 'acme' });
          await end(other.parts, sessions[0]?.id as string);
          files.failNext('rename', /\.pending/, 'EIO');
        }),
      });
      const created = await stack.manager.createSession('bob', 'acme', { idempotencyKey: 'k' });
      expect(created.replayed).toBe(false);
      expect(await stack.manager.countAllSessions()).toBe(1);
      expect(await readdir(path.join(stack.root, '.pending'))).toEqual([]);
      const again = stack.manager.createSession('bob', 'acme', { idempotencyKey: 'k' });
      await expect(again).rejects.toMatchObject({ code: 'SESSION_ENDED' });
      other.close();
    },
  );

  test('a create that cannot be taken back either is told to come again', async () => {
    files.failNext('rename', /\.pending/, 'EIO', 2);
    const failing = stack.manager.createSession('bob', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'CONTENTION' });
    await stack.manager.cleanupInactiveSessions();
    expect(await stack.manager.countAllSessions()).toBe(1);
    expect((await stack.manager.createSession('bob', 'acme', { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  describe('a create', () => {
    const create = () => stack.manager.createSession('ada', 'acme', { idempotencyKey: 'k' });

    // It answered WORKSPACE_CREATION, which says that the seat is free.
    test('whose directory can neither be moved in nor away holds its seat until the sweep: CONTENTION', async () => {
      files.failNext('rename', /\/\.pending\//, 'EIO', 2);
      await expect(create()).rejects.toMatchObject({ code: 'CONTENTION' });
      expect(await stack.manager.countAllSessions()).toBe(2);
      expect((await create()).replayed).toBe(false);
      await stack.manager.cleanupInactiveSessions();
      expect(await stack.manager.countAllSessions()).toBe(2);
      expect(await readdir(path.join(stack.root, '.pending'))).toEqual([]);
    });

    // It answered WORKSPACE_CREATION, which says that the idempotency key is free.
    test('that is repeated while its directory cannot be moved in is told to come again', async () => {
      const { id: again } = await create();
      const aside = path.join(stack.root, '.pending', again);
      await realFs.rename(path.join(stack.root, 'ada', again), aside);
      files.failNext('rename', aside, 'EIO');
      await contended(create);
    });

    test('whose taking back gets no answer is answered: it waited for as long as its function may run', async () => {
      const { workspaces } = stack.parts;
      jest.spyOn(workspaces, 'publish').mockImplementation(async () => {
        const later = globalThis.setTimeout;
        const atOnce = (work: () => void, ms?: number) => later(work, ms === 5_000 ? 0 : ms);
        jest.spyOn(globalThis, 'setTimeout').mockImplementation(atOnce);
        throw new Error('EIO');
      });
      // It goes on behind the answer: what it does there must not meet the end of this test.
      const arrived = new Promise<void>((resolve) => {
        jest.spyOn(workspaces, 'moveToTrash').mockImplementation(() => {
          resolve();
          return new Promise(() => undefined);
        });
      });
      await expect(create()).rejects.toMatchObject({ code: 'CONTENTION' });
      await arrived;
    });
  });
});
