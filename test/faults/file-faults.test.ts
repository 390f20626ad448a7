import { readdir } from 'node:fs/promises';
import * as realFs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { TestStack } from '../setup/test-stack.ts';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { contended, storedSession } = await import('./stored-session.ts');

/** What injected faults have found; each can be repeated, and then goes well. */
describe('when the file system fails once', () => {
  let stack: TestStack;
  let id: string;
  let place: string;
  beforeEach(async () => {
    ({ stack, id, place } = await storedSession());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stack.close();
  });

  test('a workspace that cannot be looked at is not taken for one that has ended: it answered SESSION_NOT_FOUND', async () => {
    files.failNext('lstat', place, 'EIO');
    await contended(() => stack.manager.session(id).files.list('', 10));
  });

  test.each(['EIO', 'EACCES', 'ESTALE'])(
    'a workspace that cannot be opened (%s) is no error of ours: it answered INTERNAL',
    async (code) => {
      files.failNext('open', place, code);
      await contended(() => stack.manager.session(id).files.makeDirectory('b'));
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
    files.failNext('lstat', path.join(stack.root, '.trash'), 'EIO');
    await contended(() => stack.manager.session(id).files.removeDirectory('a', true));
  });

  // Nothing had made the trash before the first end, which could not be made any more: CONTENTION for ever.
  describe.each(['ENOSPC', 'EDQUOT'])('with no room for a directory (%s)', (code) => {
    beforeEach(() => files.failNext('mkdir', /./, code, Infinity));
    afterEach(() => files.failNext('mkdir', /./, code, 0));
    const inTrash = async () => (await readdir(path.join(stack.root, '.trash'))).length;

    test('a session ends, by whomever, and its place is empty', async () => {
      await stack.manager.cleanupSession(id);
      await expect(readdir(place)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await stack.manager.countAllSessions()).toBe(0);
      await stack.manager.cleanupInactiveSessions();
      expect(await inTrash()).toBe(0);
    });

    test('a sweep ends it', async () => {
      expect(await stack.manager.cleanupInactiveSessions(0)).toMatchObject({ cleaned: [id], failed: [] });
      expect(await inTrash()).toBe(0);
    });

    test('a create that finds none gives its seat back', async () => {
      files.failNext('mkdir', /\/bob$/, code, Infinity);
      const creating = stack.manager.createSession('bob', 'acme');
      await expect(creating).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
      expect(await stack.manager.countAllSessions()).toBe(1);
    });

    test('a file and a directory are removed, which makes room: a file was not, since a lock takes some', async () => {
      const { files: own } = stack.manager.session(id);
      const conditional = own.delete('a/notes.txt', { ifMatch: '"other"' });
      await expect(conditional).rejects.toMatchObject({ code: 'WORKSPACE_FULL' });
      await own.delete('a/notes.txt');
      await expect(own.delete('a/notes.txt')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      await own.removeDirectory('a', true);
      expect((await own.list('', 10)).entries).toEqual([]);
    });
  });

  // A data directory of an earlier version: the first end or the first create made it, and neither could.
  describe.each(['ENOSPC', 'EDQUOT'])('with no room for the trash, which there is none of (%s)', (code) => {
    beforeEach(async () => {
      await realFs.rmdir(path.join(stack.root, '.trash'));
      files.failNext('mkdir', /./, code, Infinity);
    });
    afterEach(() => files.failNext('mkdir', /./, code, 0));
    const aside = () => readdir(path.join(stack.root, '.pending'));

    test('a session ends, and a sweep empties what it was: CONTENTION for ever', async () => {
      await stack.manager.cleanupSession(id);
      await expect(readdir(place)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await stack.manager.countAllSessions()).toBe(0);
      expect(await aside()).toEqual([expect.stringMatching(new RegExp(`^${id}\\..*\\.trash$`))]);
      expect(await stack.parts.workspaces.listPending()).toEqual([]);
      await stack.manager.cleanupInactiveSessions();
      expect(await aside()).toEqual([]);
    });

    test('so does one with nothing in it, at once, and one with an upload', async () => {
      await realFs.rm(path.join(place, 'a'), { recursive: true });
      await realFs.mkdir(path.join(stack.root, '.uploads', id), { recursive: true });
      await stack.manager.cleanupSession(id);
      await stack.manager.cleanupInactiveSessions();
      expect(await aside()).toEqual([]);
      expect(await readdir(path.join(stack.root, '.uploads'))).toEqual([]);
    });

    test('a directory is removed, and so is what is stray', async () => {
      await stack.manager.session(id).files.removeDirectory('a', true);
      expect(await aside()).toEqual([]);
      expect(await stack.parts.workspaces.found.throwAway({ user: 'ada', id })).toBe(true);
      expect(await stack.parts.workspaces.listTrash()).toEqual(await aside());
    });

    test('without anything of ours, nothing is thrown away and the session keeps its seat', async () => {
      await realFs.rmdir(path.join(stack.root, '.pending'));
      await expect(stack.manager.cleanupSession(id)).rejects.toMatchObject({ code: 'CONTENTION' });
      expect(await readdir(place)).toEqual(['a']);
      expect(await stack.manager.countAllSessions()).toBe(1);
    });
  });

  // Another host has replaced it meanwhile: it answered FILE_NOT_FOUND for a file that was there all the time.
  describe('with ESTALE', () => {
    const notes = /^\/proc\/self\/fd\/\d+(\/notes\.txt)?$/;

    test.each([
      ['open', /notes\.txt$/],
      ['read', notes],
    ])('in %s, a file is opened once more and read', async (call, at) => {
      files.failNext(call, at, 'ESTALE');
      const content = await stack.manager.session(id).files.read('a/notes.txt');
      expect(content).toMatchObject({ bytes: Buffer.from('notes') });
    });

    test('again and again, a read is told to come again', async () => {
      files.failNext('read', notes, 'ESTALE', 2);
      await contended(() => stack.manager.session(id).files.read('a/notes.txt'));
    });

    test('a directory is listed once more', async () => {
      files.failNext('lstat', notes, 'ESTALE');
      const { entries } = await stack.manager.session(id).files.list('a', 10);
      expect(entries).toMatchObject([{ name: 'notes.txt' }]);
    });

    test('a write and a removal can be repeated', async () => {
      const { files: own } = stack.manager.session(id);
      files.failNext('lstat', notes, 'ESTALE', 2);
      await contended(() => own.write('a/notes.txt', Buffer.from('new')));
      files.failNext('unlink', notes, 'ESTALE');
      await contended(() => own.delete('a/notes.txt'));
    });
  });

  // Those are no permissions that an agent has set: it answered FORBIDDEN, or FILE_NOT_FOUND.
  test.each([
    ['mkdir', 'EACCES'],
    ['open', 'EACCES'],
    ['writeFile', 'EACCES'],
    ['sync', 'ESTALE'],
  ])('staging (%s: %s) can be repeated', async (call, code) => {
    const staged = /\/\.uploads(\/|$)/;
    const { files: own } = stack.manager.session(id);
    files.failNext(call, staged, code);
    await contended(() => own.write('b.txt', Buffer.from('b')));
    files.failNext(call, staged, code);
    await contended(() => own.writePart('c.txt', Buffer.from('c'), { first: 0, total: 1, uploadId: '' }));
  });

  test('staging that has no room is told so', async () => {
    files.failNext('open', /\/\.uploads\//, 'ENOSPC');
    const writing = stack.manager.session(id).files.write('b.txt', Buffer.from('b'));
    await expect(writing).rejects.toMatchObject({ code: 'WORKSPACE_FULL' });
  });
});
