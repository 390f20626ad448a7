import { appendFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SessionManagerV2 } from '../../lib/composition/session-manager-v2.ts';
import { secretsUnavailable } from '../../lib/mcp-clients/credentials/no-secrets.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { codeOf } from '../setup/code-of.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const LIMIT = 1000;

describe('MAX_WORKSPACE_BYTES', () => {
  let stack: TestStack;
  let clock: TestClock;
  let session: Session;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ MAX_WORKSPACE_BYTES: String(LIMIT) }, clock);
    session = await stack.manager.createSession('ada', 'acme');
  });
  afterEach(() => stack.close());

  const write = (file: string, size: number, of = session) => of.files.write(file, Buffer.alloc(size));

  test('is exact: a byte more is refused and changes nothing', async () => {
    await write('a', 600);
    await write('b', 400);
    await expect(write('c', 1)).rejects.toMatchObject({
      code: 'WORKSPACE_FULL',
      details: { limit: LIMIT, bytes: LIMIT },
    });
    await write('empty', 0);
    expect(await readdir(session.getWorkspacePath())).toEqual(['a', 'b', 'empty']);
    clock.advance({ seconds: 61 });
    expect(await session.files.usage()).toMatchObject({ bytes: LIMIT, files: 3, complete: true });
  });

  test('counts of a replaced file the difference, and nothing of one that is deleted', async () => {
    await write('a', 900);
    await write('a', 1000);
    expect(await codeOf(write('a', 1001))).toBe('WORKSPACE_FULL');
    await write('a', 500);
    await write('b', 500);
    expect(await codeOf(write('c', 1))).toBe('WORKSPACE_FULL');
    await session.files.delete('b');
    await write('c', 500);
    expect(await codeOf(write('d', 1))).toBe('WORKSPACE_FULL');
  });

  test('counts a copy before it is on disk, and nothing of one that is refused; a move counts nothing', async () => {
    const { files } = session;
    await write('d/a', 200);
    await write('d/b', 200);
    await files.copy('d', 'e');
    await files.move('e', 'f');
    expect(await codeOf(files.copy('d', 'g'))).toBe('WORKSPACE_FULL');
    expect(await codeOf(files.copy('d', 'f'))).toBe('FILE_EXISTS');
    const two = await Promise.all(['h', 'i'].map((to) => codeOf(files.copy('d/a', to))));
    expect(two.sort()).toEqual(['WORKSPACE_FULL', 'done']);
    // In the place of a file as large as it, a copy needs no room; a move over one gives room.
    await files.copy('d/a', 'd/b', { overwrite: true });
    expect(await codeOf(write('x', 1))).toBe('WORKSPACE_FULL');
    await files.move('d/a', 'd/b', { overwrite: true });
    await write('x', 200);
    expect(await codeOf(write('y', 1))).toBe('WORKSPACE_FULL');
    clock.advance({ seconds: 3600 });
    expect(await files.usage()).toMatchObject({ bytes: LIMIT, files: 5, complete: true });
    const { paths } = stack.parts.workspaces;
    expect([...(await readdir(paths.uploads)), ...(await readdir(paths.trash))]).toEqual([]);
  });

  test('gives back what was refused for another reason', async () => {
    await write('a', 400);
    for (let time = 0; time < 5; time++) {
      expect(await codeOf(session.files.write('a', Buffer.alloc(600), { ifNoneMatch: '*' }))).toBe(
        'PRECONDITION_FAILED',
      );
    }
    await write('b', 600);
  });

  test('holds for many who write at once, through several instances', async () => {
    const { table, workspaces, mcp, log, settings } = {
      table: stack.parts.workspaceUsage['table' as never],
      ...stack.parts,
      settings: stack.config,
    };
    const secrets = secretsUnavailable;
    const second = new SessionManagerV2({ table, workspaces, mcp, secrets, log, settings, now: clock.now });
    const twin = await second.getSession(session.id);
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, (_, index) => codeOf(write(`f${index}`, 100, index % 2 ? session : twin))),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'WORKSPACE_FULL')).toHaveLength(14);
  });

  test('sees what the agent writes or removes by itself, once that is measured', async () => {
    await write('a', 100);
    const log = path.join(session.getWorkspacePath(), 'log');
    await writeFile(log, Buffer.alloc(900));
    clock.advance({ seconds: 61 });
    expect(await codeOf(write('b', 1))).toBe('WORKSPACE_FULL');
    await rm(log);
    clock.advance({ seconds: 6 });
    await write('b', 900);
  });

  test('refuses an upload that would not fit at its first part, and parts beyond it that wait for others', async () => {
    const part = (first: number, size: number, total: number, uploadId: string) =>
      session.files.writePart('big', Buffer.alloc(size), { first, total, uploadId });
    expect(await codeOf(part(0, 10, LIMIT + 1, 'a'))).toBe('WORKSPACE_FULL');
    for (const uploadId of ['b', 'c']) expect(await codeOf(part(0, 500, LIMIT, uploadId))).toBe('done');
    expect(await codeOf(part(0, 500, LIMIT, 'd'))).toBe('WORKSPACE_FULL');
    expect(await codeOf(part(500, 500, LIMIT, 'b'))).toBe('WORKSPACE_FULL');
  });

  test('lets an upload arrive at a path that is called as the lock on all uploads was: it waited for itself', async () => {
    const part = { first: 0, total: 3, uploadId: 'u' };
    expect(await codeOf(session.files.writePart('uploads', Buffer.from('abc'), part))).toBe('done');
  });

  describe('with uploads that were given up', () => {
    const part = (uploadId: string, first: number, size: number, total = 900) =>
      session.files.writePart('big', Buffer.alloc(size), { first, total, uploadId });
    const received = async (uploadId: string) => (await part(uploadId, 0, 0)) as { received: number };
    const staged = () => stack.parts.files.stagingOf({ id: session.id, userId: 'ada' }).at;
    /** Begins uploads, each of so many bytes, and lets them rest for so long (s). */
    const rest = async (uploads: [string, number, number][]) => {
      for (const [uploadId, size, seconds] of uploads) {
        const before: string[] = await readdir(staged()).catch(() => []);
        await part(uploadId, 0, size);
        const [name = ''] = (await readdir(staged())).filter((file) => !before.includes(file));
        const then = new Date(Date.now() - seconds * 1000);
        await utimes(path.join(staged(), name), then, then);
      }
    };

    test('makes those give way that have rested the longest, and no more than it takes', async () => {
      await rest([
        ['younger', 300, 90],
        ['oldest', 300, 300],
        ['at work', 300, 10],
      ]);
      expect(await part('new', 0, 400)).toEqual({ received: 400, total: 900 });
      for (const [uploadId, bytes] of [
        ['oldest', 0],
        ['younger', 300],
        ['at work', 300],
        ['new', 400],
      ] as const) {
        expect(await received(uploadId)).toMatchObject({ received: bytes });
      }
      const late = session.files.writePart('big', Buffer.alloc(1), { first: 300, total: 900, uploadId: 'oldest' });
      await expect(late).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', details: { received: 0 } });
    });

    test('makes none give way for a part that would not fit all the same', async () => {
      await rest([
        ['resting', 300, 90],
        ['at work', 700, 10],
      ]);
      expect(await codeOf(part('new', 0, 301))).toBe('WORKSPACE_FULL');
      expect(await received('resting')).toMatchObject({ received: 300 });
      expect(await part('new', 0, 300)).toMatchObject({ received: 300 });
      expect(await received('resting')).toMatchObject({ received: 0 });
    });

    test('counts what they take on disk, a part that was cut off included', async () => {
      await part('cut off', 0, 100);
      const [name = ''] = await readdir(staged());
      await appendFile(path.join(staged(), name), Buffer.alloc(800));
      expect(await codeOf(part('new', 0, 101))).toBe('WORKSPACE_FULL');
      await part('new', 0, 100);
      // Its own bytes are where it goes on.
      expect(await part('cut off', 100, 799)).toMatchObject({ received: 899 });
    });
  });

  test('holds for parts that wait for others, also when many come at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        codeOf(
          session.files.writePart(`f${index}`, Buffer.alloc(LIMIT / 4), {
            first: 0,
            total: LIMIT / 2,
            uploadId: '',
          }),
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(4);
    expect(outcomes.filter((outcome) => outcome === 'WORKSPACE_FULL')).toHaveLength(8);
  });
});
