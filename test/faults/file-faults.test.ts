import * as realFs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { TestStack } from '../setup/test-stack.ts';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { newStack } = await import('../setup/test-stack.ts');

/** What injected faults have found; each can be repeated, and then goes well. */
describe('when the file system fails once', () => {
  let stack: TestStack;
  let id: string;
  let place: string;
  beforeEach(async () => {
    stack = await newStack();
    const session = await stack.manager.createSession('ada', 'acme');
    [id, place] = [session.id, session.getWorkspacePath()];
    await stack.manager.session(id).files.write('a/notes.txt', Buffer.from('notes'));
  });
  afterEach(() => stack.close());

  const contended = async (work: () => Promise<unknown>) => {
    await expect(work()).rejects.toMatchObject({ code: 'CONTENTION' });
    await work();
  };

  test('a workspace that cannot be looked at is not taken for one that has ended: it answered SESSION_NOT_FOUND', async () => {
    files.failNext('lstat', place, 'EIO');
    await contended(() => stack.manager.session(id).files.list('', 10));
  });

  test.each(['EIO', 'EACCES', 'ESTALE'])(
    'a workspace that cannot be opened (%s) is no error of ours: it answered INTERNAL',
    async (code) => {
      files.failNext('open', place, code);
      await contended(() => stack.manager.session(id).files.read('a/notes.txt'));
    },
  );

  test.each(['EIO', 'ENOTEMPTY', 'ENOSPC'])(
    'an end whose rename fails (%s) can be repeated: it answered INTERNAL',
    async (code) => {
      files.failNext('rename', place, code);
      await contended(() => stack.manager.cleanupSession(id));
      expect(await stack.manager.countAllSessions()).toBe(0);
    },
  );

  test('a directory is not removed while the trash cannot be reached: it answered INTERNAL', async () => {
    files.failNext('stat', path.join(stack.root, '.trash'), 'EIO');
    await contended(() => stack.manager.session(id).files.removeDirectory('a', true));
  });
});
