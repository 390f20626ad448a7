import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TYPESCRIPT } from '../setup/typescript-program.ts';
import { SessionManagerError } from '../../lib/errors.ts';
import { infoOf } from '../../lib/workspaces/files/entity-tag.ts';
import { withFileLock } from '../../lib/workspaces/files/file-lock.ts';
import { OneWorkspace, unlimited } from './one-workspace.ts';

const code = (thrown: unknown) => {
  if (thrown instanceof SessionManagerError) return thrown.code;
  throw thrown;
};

describe('writing', () => {
  let own: OneWorkspace;
  /** The same workspace in another process, as far as it matters. */
  let other: OneWorkspace;
  beforeEach(async () => {
    own = await OneWorkspace.make();
    other = new OneWorkspace(own.root, own.session);
  });
  afterEach(() => own.close());

  const etagOf = async (file: string) => infoOf(await stat(own.at(file), { bigint: true })).etag;
  const leftInUploads = () => readdir(own.workspaces.paths.uploads, { recursive: true });

  test('leaves nothing aside, neither when it goes well nor when it does not', async () => {
    await own.write('a/b', 'x');
    await expect(own.write('a', 'x')).rejects.toMatchObject({ code: 'NOT_A_FILE' });
    await expect(own.write('a/b', 'x', { ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect(await leftInUploads()).toEqual([]);
  });

  // It was told CONTENTION, as if writing again could help.
  test('of a session that ends meanwhile finds no session', async () => {
    const room = {
      ...unlimited,
      take: async () => {
        await own.workspaces.moveToTrash(own.session);
        await own.workspaces.discardUploads(own.session.id);
      },
    };
    const write = own.files.write(own.session, Buffer.from('x'), { path: 'file', conditions: {}, quota: room });
    await expect(write).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  // It was told PRECONDITION_FAILED, as if somebody had written to the file.
  test('to what was read, of a session that ends meanwhile and is emptied, finds no session', async () => {
    await own.write('file', 'x');
    const ifMatch = await etagOf('file');
    const room = {
      ...unlimited,
      check: async () => {
        const name = await own.workspaces.moveToTrash(own.session);
        await own.workspaces.removeFromTrash(name as string, AbortSignal.timeout(10_000));
      },
    };
    const write = own.files.write(own.session, Buffer.from('y'), {
      path: 'file',
      conditions: { ifMatch },
      quota: room,
    });
    await expect(write).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('of one file is done by one of two that want it to be new, however they spell its path', async () => {
    for (let round = 0; round < 30; round++) {
      const outcomes = await Promise.allSettled([
        own.write(`new/${round}`, 'a', { ifNoneMatch: '*' }),
        other.write(`./new//${round}`, 'b', { ifNoneMatch: '*' }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  test('is not done by who has lost the lock meanwhile', async () => {
    const staging = own.files.stagingOf(own.session);
    await own.write('file', 'old');
    const [lost] = await Promise.allSettled([
      withFileLock(staging, 'some name', async (stillHeld) => {
        for (const lock of await readdir(staging.at)) await writeFile(path.join(staging.at, lock), 'of somebody else');
        await stillHeld();
      }),
    ]);
    expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'CONTENTION' } });
    expect(await readdir(staging.at)).toHaveLength(1);
  });

  test('makes files 0600 and directories 0700, whatever the umask', async () => {
    for (const umask of [0o000, 0o777]) {
      const before = process.umask(umask);
      try {
        await own.write(`made-${umask}/deep/file`, 'x');
        await own.directories.make(own.session, `made-${umask}/other/deep`);
      } finally {
        process.umask(before);
      }
      const mode = async (...names: string[]) => (await stat(own.at(`made-${umask}`, ...names))).mode & 0o7777;
      expect(await mode('deep', 'file')).toBe(0o600);
      for (const names of [[], ['deep'], ['other'], ['other', 'deep']]) expect(await mode(...names)).toBe(0o700);
    }
    expect((await stat(own.workspaces.paths.uploads)).mode & 0o7777).toBe(0o700);
  });

  test('is seen as a whole: who reads meanwhile finds one content or the other', async () => {
    const contents = [Buffer.alloc(300_000, 'a'), Buffer.alloc(500_000, 'b'), Buffer.alloc(1, 'c')];
    await own.write('file', contents[0] as Buffer);
    let over = false;
    const reading = (async () => {
      let reads = 0;
      for (; !over; reads++) {
        const bytes = await other.read('file');
        expect(contents.some((content) => content.equals(bytes))).toBe(true);
      }
      return reads;
    })();
    for (let round = 0; round < 60; round++) await own.write('file', contents[round % 3] as Buffer);
    over = true;
    expect(await reading).toBeGreaterThan(20);
  });

  test('of many who write only if nobody has, one does; of many who write what they have read, one does', async () => {
    for (let round = 0; round < 5; round++) {
      const file = `dir/${round}`;
      const all = (conditions: object) =>
        Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            (index % 2 ? own : other).write(file, `${index}`, conditions).then(() => 'done', code),
          ),
        );
      for (const outcomes of [await all({ ifNoneMatch: '*' }), await all({ ifMatch: await etagOf(file) })]) {
        expect(outcomes.sort()).toEqual([...Array<string>(11).fill('PRECONDITION_FAILED'), 'done']);
      }
    }
  });

  test('goes on where a killed writer has left its lock behind, and waits for one that is at work', async () => {
    const staging = own.files.stagingOf(own.session);
    const order: string[] = [];
    let lock = '';
    await withFileLock(staging, 'file', async () => {
      [lock = ''] = await readdir(staging.at);
      const waiting = own.write('file', 'x').then(() => order.push('the other'));
      await sleep(100);
      order.push('the first');
      void waiting;
    });
    while (order.length < 2) await sleep(10);
    expect(order).toEqual(['the first', 'the other']);
    await mkdir(staging.at, { recursive: true });
    await writeFile(staging.file(lock), '');
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(staging.file(lock), longAgo, longAgo);
    await own.write('file', 'y');
    expect((await own.read('file')).toString()).toBe('y');
  });

  test('killed at any point leaves the old content or the new', async () => {
    const kill = async (index: number) => {
      const file = `dir/file-${index}`;
      await own.write(file, Buffer.alloc(512 * 1024, 'o'));
      const script = path.join(import.meta.dirname, 'writer.ts');
      const args = [...TYPESCRIPT, script, own.root, own.session.id, file, 'ab'];
      const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(writer, 'exit');
      await once(writer.stdout, 'data', { signal: AbortSignal.timeout(30_000) });
      await sleep(index * 3 + Math.random() * 5);
      writer.kill('SIGKILL');
      await exited;
      const content = await own.read(file);
      expect(content.length).toBe(512 * 1024);
      const [first] = content;
      expect(content.every((byte) => byte === first)).toBe(true);
      expect('ab').toContain(String.fromCharCode(first as number));
    };
    for (let round = 0; round < 4; round++) await Promise.all([0, 1, 2, 3].map((index) => kill(round * 4 + index)));
    const staged = await leftInUploads();
    await own.workspaces.tidyUploads(own.session.id, -1);
    expect([staged.length, await leftInUploads()]).toEqual([staged.length, []]);
  }, 90_000);

  test('in parts goes on after one that was cut off, and its bytes are those that were sent', async () => {
    const write = { path: 'file', conditions: {}, quota: unlimited };
    const part = (first: number, text: string) =>
      own.files.writePart(own.session, Buffer.from(text), { first, total: 9, uploadId: 'u' }, write);
    expect(await part(0, 'abc')).toEqual({ received: 3, total: 9 });
    const { at } = own.files.stagingOf(own.session);
    const [staged = ''] = await readdir(at);
    expect((await stat(path.join(at, staged))).mode & 0o7777).toBe(0o600);
    await appendFile(path.join(at, staged), 'XXXXXX');
    expect(await part(0, '')).toEqual({ received: 3, total: 9 });
    await Promise.all([part(3, 'def'), part(3, 'def'), part(3, 'def')]);
    await expect(own.read('file')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await part(6, 'ghi')).toMatchObject({ existed: false, size: 9 });
    expect((await own.read('file')).toString()).toBe('abcdefghi');
    expect(await leftInUploads()).toEqual([]);
  });

  test('moves the workspace in that a crash has left aside', async () => {
    await rename(own.at(), own.workspaces.paths.pendingOf(own.session.id));
    await own.write('a/b', 'x');
    expect(await readFile(own.at('a', 'b'), 'utf8')).toBe('x');
  });

  test('never brings the directory of a session back that ends meanwhile', async () => {
    for (let round = 0; round < 40; round++) {
      const ended = await OneWorkspace.make();
      const twin = new OneWorkspace(ended.root, ended.session);
      if (round % 4 === 0) await rename(ended.at(), ended.workspaces.paths.pendingOf(ended.session.id));
      let over = false;
      const outcomes = new Set<string>();
      const writing = [ended, twin].flatMap((one, writer) =>
        [0, 1].map(async (lane) => {
          for (let count = 0; !over || count < 2; count++) {
            const steps = [
              () => one.write(`w${writer}/l${lane}/${count}/file`, 'x'),
              () => one.directories.make(one.session, `d${writer}/${lane}/${count}`),
            ];
            for (const step of steps) outcomes.add(await step().then(() => 'done', code));
          }
        }),
      );
      await sleep(Math.random() * 30);
      await ended.workspaces.moveToTrash(ended.session);
      await sleep(5);
      over = true;
      await Promise.all(writing);
      await expect(stat(ended.at())).rejects.toThrow('ENOENT');
      expect([...outcomes].filter((outcome) => !['done', 'SESSION_NOT_FOUND'].includes(outcome))).toEqual([]);
      expect(outcomes).toContain('SESSION_NOT_FOUND');
      await expect(ended.write('late', 'x')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      for (const name of await ended.workspaces.listTrash()) {
        expect(await ended.workspaces.removeFromTrash(name, AbortSignal.timeout(10_000))).toBe(true);
      }
      await ended.close();
    }
  });
});
