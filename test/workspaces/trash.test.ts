import { mkdir, open, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';

describe('the sweep empties the trash', () => {
  let stack: TestStack;
  let trash: string;
  beforeEach(async () => {
    stack = await newStack();
    trash = path.join(stack.root, '.trash');
    await mkdir(trash);
  });
  afterEach(() => stack.close());

  const sweep = (signal = AbortSignal.timeout(30_000)) =>
    stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions(undefined, { signal });
  const left = () => readdir(trash);

  async function fill(name: string, directories: number, files: number): Promise<void> {
    for (let index = 0; index < directories; index++) {
      const directory = path.join(trash, name, `d${index}`, 'below');
      await mkdir(directory, { recursive: true });
      for (let file = 0; file < files; file++) await writeFile(path.join(directory, `f${file}`), 'x');
    }
  }

  test('of whatever is in it: trees, files, links, nothing at all', async () => {
    await fill('tree', 20, 5);
    await mkdir(path.join(trash, 'empty'));
    await writeFile(path.join(trash, 'file'), 'x');
    await symlink('/etc', path.join(trash, 'link'));
    await symlink('/nowhere', path.join(trash, 'dangling'));
    await sweep();
    expect(await left()).toEqual([]);
    expect(await readdir('/etc')).not.toEqual([]);
  });

  test('in steps: one that is cut short leaves what the next goes on with', async () => {
    for (let index = 0; index < 12; index++) await fill(`tree-${index}`, 30, 3);
    const time = new AbortController();
    const swept = sweep(time.signal);
    while ((await left()).length === 12) await new Promise((resolve) => setImmediate(resolve));
    time.abort();
    await swept;
    const after = (await left()).length;
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(12);
    await sweep();
    expect(await left()).toEqual([]);
  });

  test('by several at once', async () => {
    for (let index = 0; index < 6; index++) await fill(`tree-${index}`, 20, 3);
    const runs = await Promise.all([sweep(), sweep(), sweep()]);
    for (const run of runs) expect(run).toEqual({ cleaned: [], failed: [], more: false });
    await sweep();
    expect(await left()).toEqual([]);
  });

  test('while files in it are open', async () => {
    await fill('tree', 2, 2);
    const held = await open(path.join(trash, 'tree', 'd0', 'below', 'f0'));
    await sweep();
    await held.close();
    await sweep();
    expect(await left()).toEqual([]);
  });
});

describe('what was on its way into a session’s files', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  const places = async () => ({
    uploads: await readdir(path.join(stack.root, '.uploads'), { recursive: true }),
    trash: await readdir(path.join(stack.root, '.trash')).catch(() => []),
  });

  async function uploadHalf() {
    const session = await stack.manager.createSession('ada', 'acme');
    const part = { first: 0, total: 10, uploadId: '' };
    await session.files.writePart('big', Buffer.from('half!'), part);
    expect((await places()).uploads).toHaveLength(2);
    return session;
  }

  test('goes with the session', async () => {
    const { id } = await uploadHalf();
    await stack.manager.cleanupSession(id);
    expect((await places()).uploads).toEqual([]);
    await stack.manager.cleanupInactiveSessions();
    expect(await places()).toEqual({ uploads: [], trash: [] });
  });

  test('goes with the next sweep if a late write left it there, and stays while its session is active', async () => {
    await uploadHalf();
    await mkdir(path.join(stack.root, '.uploads', 'of-nobody'), { recursive: true });
    await writeFile(path.join(stack.root, '.uploads', 'of-nobody', 'x'), 'x');
    await stack.manager.cleanupInactiveSessions();
    const { uploads, trash } = await places();
    expect(uploads).toHaveLength(2);
    expect(trash).toEqual([]);
  });

  test('goes with the sweep once no part has come for a day, though its session is active', async () => {
    await uploadHalf();
    const [of] = await readdir(path.join(stack.root, '.uploads'));
    const upload = path.join(stack.root, '.uploads', of as string);
    const [name] = await readdir(upload);
    const rested = async (hours: number) => {
      const then = new Date(Date.now() - hours * 60 * 60 * 1000);
      await utimes(path.join(upload, name as string), then, then);
      await stack.manager.cleanupInactiveSessions();
      return (await places()).uploads.length;
    };
    expect(await rested(23)).toBe(2);
    expect(await rested(25)).toBe(0);
  });

  test('does not hold an end up: a workspace with files is only moved', async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    await session.files.write('a/b', Buffer.from('x'));
    await stack.manager.cleanupSession(session.id);
    expect((await places()).trash).toHaveLength(1);
    const empty = await stack.manager.createSession('ada', 'acme');
    await stack.manager.cleanupSession(empty.id);
    expect((await places()).trash).toHaveLength(1);
    await stack.manager.cleanupInactiveSessions();
    expect((await places()).trash).toEqual([]);
  });
});
