import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { link, lstat, mkdir, readFile, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SessionManagerError } from '../../lib/errors.ts';
import { hasErrno } from '../../lib/workspaces/files/errno.ts';
import { OneWorkspace } from './one-workspace.ts';

const SECRET = 'the secret of another session';
/** Refused whichever operation it is, or found to be nothing; never carried out outside. */
const REFUSALS = ['PATH_OUTSIDE_WORKSPACE', 'NOT_A_FILE', 'FILE_NOT_FOUND', 'VALIDATION', 'DIRECTORY_NOT_EMPTY'];

describe('no path leads out of a workspace', () => {
  let own: OneWorkspace;
  let outside: string;
  let server: Server | undefined;

  beforeEach(async () => {
    own = await OneWorkspace.make();
    outside = path.join(own.root, 'eve', 'other');
    await mkdir(path.join(outside, 'inner', 'deep'), { recursive: true });
    await writeFile(path.join(outside, 'secret'), SECRET);
    await writeFile(path.join(outside, 'inner', 'secret'), SECRET);
    await mkdir(own.at('dir', 'sub'), { recursive: true });
    await writeFile(own.at('file'), 'own');
    await writeFile(own.at('dir', 'file'), 'own');
  });
  afterEach(async () => {
    await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    await own.close();
  });

  /** What is outside, with names, kinds, links and contents. */
  async function picture(): Promise<string[]> {
    const found = await readdir(outside, { recursive: true, withFileTypes: true });
    const lines = found.map(async (entry) => {
      const at = path.join(entry.parentPath, entry.name);
      const { mode, nlink, mtimeMs } = await stat(at);
      return [at, mode, entry.isFile() && [nlink, mtimeMs, await readFile(at, 'utf8')]].join();
    });
    return (await Promise.all(lines)).sort();
  }

  /** Tries every operation at a path; gives the codes that it is refused with, or `done`. */
  async function tryAll(at: string): Promise<Record<string, string>> {
    const { files, directories, session } = own;
    const attempts: Record<string, () => Promise<unknown>> = {
      read: async () => {
        const read = await files.read(session, at);
        if ('bytes' in read && read.bytes.includes('secret')) throw new Error('read outside');
      },
      write: () => own.write(at, 'changed'),
      list: async () => {
        const { entries } = await directories.list(session, at, 100);
        if (entries.some(({ name }) => name === 'secret')) throw new Error('listed outside');
      },
      make: () => directories.make(session, at),
      remove: () => own.remove(at),
      removeDirectory: () => directories.remove(session, at, false),
      removeTree: () => directories.remove(session, at, true),
    };
    const codes: Record<string, string> = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      codes[name] = await attempt().then(
        () => 'done',
        (thrown: unknown) => {
          if (thrown instanceof SessionManagerError) return thrown.code;
          throw thrown;
        },
      );
    }
    return codes;
  }

  const ENCODED_DOTS = ['%2e%2e/eve/other/secret', '..%2feve', '%2e%2e%2feve', '..%00', '．．/eve', '‥/eve', '..;/eve'];
  const UPWARDS = [
    '..',
    '../',
    './..',
    '../..',
    '../eve/other/secret',
    '../../eve/other/secret',
    '../../../../../../../../etc/passwd',
    'dir/..',
    'dir/../..',
    'dir/../../eve/other/secret',
    'dir/sub/../../../../eve/other/secret',
    'file/..',
    'file/../file',
    'none/../file',
    './/..//..//eve',
    './../eve/other/secret',
    'dir/./../../eve',
    'dir/sub/../..',
    'dir//../..',
    'file/../../eve/other/secret',
    '../.trash',
    '../../.uploads',
    '../../.pending',
    './/./../file',
    'dir/./../../x',
    '../../.trash/x',
    '../../.pending/x',
    '../../.uploads/x',
    '..//',
  ];
  const ABSOLUTE = ['/', '//', '/etc/passwd', '//etc/passwd', '/./etc', '/dir', '/file', '/proc/self/cwd', '/../x'];
  const MALFORMED = [
    'a\0b',
    '\0',
    'file\0',
    '../\0',
    'file\0/../../x',
    'x'.repeat(256),
    'é'.repeat(128),
    `dir/${'x'.repeat(256)}`,
    'a/'.repeat(2049),
    `${'x/'.repeat(129)}x`,
    'x'.repeat(5000),
    '\ud800',
    'dir/\udfff/x',
  ];

  test.each([...UPWARDS, ...ABSOLUTE])('%j is refused as outside', async (at) => {
    const before = await picture();
    expect(new Set(Object.values(await tryAll(at)))).toEqual(new Set(['PATH_OUTSIDE_WORKSPACE']));
    expect(await picture()).toEqual(before);
  });

  test.each(MALFORMED)('%j is refused as malformed', async (at) => {
    expect(new Set(Object.values(await tryAll(at)))).toEqual(new Set(['VALIDATION']));
  });

  test.each(ENCODED_DOTS)('%j is a name like any other: nothing decodes it', async (at) => {
    const before = await picture();
    await own.write(at, 'mine');
    expect(await readFile(own.at(at), 'utf8')).toBe('mine');
    expect(await picture()).toEqual(before);
  });

  /** How an agent can put something at a name of its workspace; the path to try through it. */
  const LINKS: [string, (at: string) => Promise<void>, string][] = [
    ['absolute to a file', (at) => symlink(path.join(outside, 'secret'), at), 'x'],
    ['absolute to a directory', (at) => symlink(outside, at), 'x'],
    ['a file below an absolute one', (at) => symlink(outside, at), 'x/secret'],
    ['a new file below an absolute one', (at) => symlink(outside, at), 'x/new'],
    ['a new directory below an absolute one', (at) => symlink(outside, at), 'x/new/er'],
    ['a directory below an absolute one', (at) => symlink(outside, at), 'x/inner'],
    ['with a slash at its end', (at) => symlink(`${outside}/`, at), 'x/secret'],
    ['relative to a file', (at) => symlink('../../eve/other/secret', at), 'x'],
    ['relative to a directory', (at) => symlink('../../eve/other', at), 'x/secret'],
    ['relative through the own workspace', (at) => symlink('dir/../../../eve/other', at), 'x/secret'],
    ['to the parent', (at) => symlink('..', at), 'x'],
    ['to the root of all workspaces', (at) => symlink('../..', at), 'x/eve/other/secret'],
    ['to the root of the machine', (at) => symlink('/', at), 'x/etc/passwd'],
    ['to itself', (at) => symlink('x', at), 'x'],
    ['to itself, below', (at) => symlink('.', at), 'x/x/x/file'],
    ['to nothing', (at) => symlink('/nowhere/at/all', at), 'x'],
    ['to nothing yet outside, to be made by a write', () => symlink(path.join(outside, 'made'), own.at('x')), 'x'],
    ['to the own file', (at) => symlink('file', at), 'x'],
    ['to the own directory', (at) => symlink('dir', at), 'x/file'],
    ['to /proc/self/root', (at) => symlink('/proc/self/root', at), 'x/etc/passwd'],
    ['to /proc/self/cwd', (at) => symlink('/proc/self/cwd', at), 'x/package.json'],
    ['to /proc/self/environ', (at) => symlink('/proc/self/environ', at), 'x'],
    ['to /proc/self/fd', (at) => symlink('/proc/self/fd', at), 'x/0'],
    ['to /dev/fd/0', (at) => symlink('/dev/fd/0', at), 'x'],
    ['to /dev/zero', (at) => symlink('/dev/zero', at), 'x'],
    ['a chain of three', (at) => chain(at), 'x'],
    ['a chain of three, below', (at) => chain(at), 'x/secret'],
  ];

  async function chain(at: string): Promise<void> {
    await symlink(outside, own.at('one'));
    await symlink('one', own.at('two'));
    await symlink('two', at);
  }

  test.each(LINKS)('a symlink %s leads nowhere', async (_what, make, at) => {
    await make(own.at('x'));
    const before = await picture();
    const codes = await tryAll(at);
    for (const [operation, code] of Object.entries(codes)) {
      // Of a link the name can be removed, which is the agent's own.
      if (operation === 'remove' && at === 'x') expect(code).toBe('done');
      else expect([operation, REFUSALS.includes(code) || codes.remove === 'done']).toEqual([operation, true]);
    }
    expect([codes.read, codes.write]).toEqual(['PATH_OUTSIDE_WORKSPACE', 'PATH_OUTSIDE_WORKSPACE']);
    expect(await picture()).toEqual(before);
    expect(await readFile(own.at('file'), 'utf8')).toBe('own');
    expect(await readFile(own.at('dir', 'file'), 'utf8')).toBe('own');
  });

  test('a symlink at any component of a long path leads nowhere', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const twin = path.join(outside, ...names);
    await mkdir(twin, { recursive: true });
    await writeFile(path.join(twin, 'secret'), SECRET);
    for (let level = 0; level < names.length; level++) {
      const [to, from] = [names.slice(0, level), names.slice(0, level + 1)];
      await mkdir(own.at('t', ...to), { recursive: true });
      await symlink(path.join(outside, ...from), own.at('t', ...from));
      const before = await picture();
      const codes = await tryAll(['t', ...names, 'secret'].join('/'));
      expect(new Set(Object.values(codes))).toEqual(new Set(['PATH_OUTSIDE_WORKSPACE']));
      expect(await picture()).toEqual(before);
      await own.remove(['t', ...from].join('/'));
    }
  });

  test('a workspace that its agent has replaced by a symlink is none', async () => {
    const place = own.at();
    await rename(place, `${place}.away`);
    await symlink(outside, place);
    const before = await picture();
    for (const code of Object.values(await tryAll('secret'))) expect(code).toBe('SESSION_NOT_FOUND');
    expect(await picture()).toEqual(before);
  });

  test('files with further names are not read, since one may be outside; replacing or removing changes one name', async () => {
    await link(path.join(outside, 'secret'), own.at('hard'));
    await expect(own.read('hard')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_WORKSPACE' });
    await own.write('hard', 'mine');
    expect((await own.read('hard')).toString()).toBe('mine');
    await link(path.join(outside, 'secret'), own.at('again'));
    await own.remove('again');
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe(SECRET);
    expect((await stat(path.join(outside, 'secret'))).nlink).toBe(1);
  });

  /** As an agent could make them, as far as this user may. */
  const OTHERS: Record<string, (at: string) => Promise<void>> = {
    'a FIFO': async (at) => void execFileSync('mkfifo', [at]),
    'a socket': (at) =>
      new Promise((resolve) => {
        server = createServer().listen(at, resolve);
      }),
    ...(process.geteuid?.() === 0 && {
      'a character device': async (at: string) => void execFileSync('mknod', [at, 'c', '1', '5']),
      'a block device': async (at: string) => void execFileSync('mknod', [at, 'b', '7', '200']),
    }),
  };

  test.each(Object.entries(OTHERS))('%s is refused and not waited for', async (_what, make) => {
    const at = own.at('dir', 'thing');
    await make(at);
    const startedAt = performance.now();
    const { remove, ...codes } = await tryAll('dir/thing');
    expect({ ...codes, removeDirectory: '', removeTree: '' }).toEqual({
      read: 'NOT_A_FILE',
      write: 'NOT_A_FILE',
      list: 'NOT_A_FILE',
      make: 'NOT_A_FILE',
      removeDirectory: '',
      removeTree: '',
    });
    expect(remove).toBe('done');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expect(lstat(at)).rejects.toThrow('ENOENT');
  });

  test('a FIFO below a name does not hold up whoever goes through it', async () => {
    await OTHERS['a FIFO']?.(own.at('pipe'));
    expect(await tryAll('pipe/below')).toMatchObject({ read: 'NOT_A_FILE', write: 'NOT_A_FILE', list: 'NOT_A_FILE' });
  });

  /** A directory is a symlink to outside, and a directory again, as fast as it can be. */
  function swapUntil(isOver: () => boolean, onSwap: () => void): Promise<void> {
    const [place, aside] = [own.at('dir'), own.at('aside')];
    let [spares, turns] = [0, 0];
    /** A write in between may have made the directory that was missing for a moment: it gives way. */
    const insist = (step: () => void) => {
      for (;;) {
        try {
          return step();
        } catch (thrown) {
          if (!hasErrno(thrown, 'EEXIST', 'ENOTEMPTY')) throw thrown;
          renameSync(place, own.at(`spare-${spares++}`));
        }
      }
    };
    return (async () => {
      while (!isOver()) {
        renameSync(place, aside);
        insist(() => symlinkSync(outside, place));
        await turn();
        unlinkSync(place);
        insist(() => renameSync(aside, place));
        onSwap();
        if (++turns % 2) await turn();
      }
    })();
  }

  test('while a directory is swapped for a symlink thousands of times, no byte outside is seen or touched', async () => {
    await writeFile(own.at('dir', 'secret'), 'own');
    await mkdir(own.at('dir', 'inner'));
    await writeFile(own.at('dir', 'inner', 'secret'), 'own');
    const before = await picture();
    const giveUpAt = performance.now() + 45_000;
    let [swaps, over] = [0, false];
    const swapping = swapUntil(
      () => over,
      () => swaps++,
    );
    const outcomes = new Map<string, number>();
    const seen = new Set<string>();
    const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const isEnough = () =>
      swaps > 2_500 && ['done', 'PATH_OUTSIDE_WORKSPACE'].every((outcome) => (outcomes.get(outcome) ?? 0) > 150);
    const work = async (operation: () => Promise<unknown>) => {
      while (!isEnough() && performance.now() < giveUpAt) {
        await operation().then(
          () => note('done'),
          (thrown: unknown) => note(thrown instanceof SessionManagerError ? thrown.code : String(thrown)),
        );
      }
    };
    const { directories, session } = own;
    let count = 0;
    await Promise.all([
      ...['dir/secret', 'dir/inner/secret'].flatMap((at) => [
        work(async () => seen.add((await own.read(at)).toString())),
        work(() => own.write(at, 'own')),
      ]),
      work(() => own.write(`dir/made-${count++ % 50}/file`, 'own')),
      work(() => own.remove(`dir/made-${count % 50}/file`)),
      work(() => directories.remove(session, `dir/made-${count % 50}`, true)),
      work(() => directories.make(session, `dir/inner/made-${count % 50}`)),
      work(async () => {
        const { entries } = await directories.list(session, 'dir', 100);
        if (entries.some(({ name }) => name === 'deep')) seen.add('a listing of outside');
      }),
    ]);
    over = true;
    await swapping;
    expect(swaps).toBeGreaterThan(2_000);
    expect(await picture()).toEqual(before);
    expect([...seen]).toEqual(['own']);
    expect(outcomes.get('done')).toBeGreaterThan(100);
    expect(outcomes.get('PATH_OUTSIDE_WORKSPACE')).toBeGreaterThan(100);
    const known = ['done', 'PATH_OUTSIDE_WORKSPACE', 'FILE_NOT_FOUND', 'NOT_A_FILE'];
    expect([...outcomes.keys()].filter((outcome) => !known.includes(outcome))).toEqual([]);
  });
});
