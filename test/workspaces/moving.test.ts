import { execFileSync } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { WorkspaceMoves } from '../../lib/workspaces/moves/workspace-moves.ts';
import { codeOf } from '../setup/code-of.ts';
import { OneWorkspace, unlimited } from './one-workspace.ts';
import { SECRET, TwoWorkspaces } from './two-workspaces.ts';

type Kind = 'move' | 'copy';
const BOTH: Kind[] = ['move', 'copy'];
const modeOf = async (file: string) => ((await lstat(file)).mode & 0o7777).toString(8);

describe('what is moved or copied', () => {
  let both: TwoWorkspaces;
  let own: OneWorkspace;
  beforeEach(async () => {
    both = await TwoWorkspaces.make();
    own = both.own;
  });
  afterEach(() => both.close());

  /** What a transfer leaves beside the workspace: nothing. */
  const leftovers = async () => {
    const { uploads, trash } = own.workspaces.paths;
    const names = (at: string) => readdir(at).catch(() => []);
    return [...(await names(uploads)), ...(await names(trash))];
  };

  test.each(BOTH)(
    'is a whole tree with modes, links, names of one file and names that are not UTF-8 (%s)',
    async (kind) => {
      const odd = Buffer.concat([Buffer.from(`${own.at('dir')}/V`), Buffer.from([0xed]), Buffer.from('ctor')]);
      await writeFile(odd, 'odd');
      await writeFile(own.at('dir', 'script'), '#!/bin/sh');
      await chmod(own.at('dir', 'script'), 0o755);
      await link(own.at('dir', 'script'), own.at('dir', 'sub', 'same'));
      await symlink('../../eve/other/secret', own.at('dir', 'out'));
      await chmod(own.at('dir', 'sub'), 0o750);
      await chmod(own.at('dir'), 0o1700);
      await own[kind]('dir', 'new/place/');
      const at = (...names: string[]) => own.at('new', 'place', ...names);
      const names = (await readdir(at(), { encoding: 'buffer' })).map((name) => name.toString('latin1')).sort();
      expect(names).toEqual(['V\xedctor', 'file', 'out', 'script', 'sub']);
      expect([await modeOf(at()), await modeOf(at('sub')), await modeOf(at('script'))]).toEqual(['1700', '750', '755']);
      expect((await stat(at('script'))).ino).toBe((await stat(at('sub', 'same'))).ino);
      expect(await readlink(at('out'))).toBe('../../eve/other/secret');
      expect(await codeOf(lstat(own.at('dir')))).toBe(kind === 'move' ? 'ENOENT' : 'done');
      expect((await readdir(own.at())).sort()).toEqual([...(kind === 'copy' ? ['dir'] : []), 'file', 'new']);
      expect(await leftovers()).toEqual([]);
    },
  );

  const OTHERS: [string, (at: string) => Promise<unknown>][] = [
    ['a file', (at) => writeFile(at, 'there')],
    ['an empty directory', (at) => mkdir(at)],
    ['a link to outside', (at) => symlink(both.outside, at)],
    ['a link to nothing', (at) => symlink('nowhere', at)],
  ];
  describe.each(BOTH)('(%s)', (kind) => {
    test.each(OTHERS)('never replaces %s by itself', async (_what, make) => {
      await make(own.at('there'));
      const before = await lstat(own.at('there'));
      for (const from of ['file', 'dir']) expect(await codeOf(own[kind](from, 'there'))).toBe('FILE_EXISTS');
      expect(await lstat(own.at('there'))).toEqual(before);
      expect(await readFile(own.at('file'), 'utf8')).toBe('own');
      expect(await leftovers()).toEqual([]);
    });

    test.each([
      ['file', 'a file', 'done'],
      ['file', 'an empty directory', 'NOT_A_FILE'],
      ['file', 'a link to outside', 'done'],
      ['file', 'a link to nothing', 'done'],
      ['dir', 'a file', 'NOT_A_FILE'],
      ['dir', 'an empty directory', 'done'],
      ['dir', 'a link to outside', 'NOT_A_FILE'],
      ['dir', 'a full directory', 'DIRECTORY_NOT_EMPTY'],
    ])('with overwrite puts %s in the place of %s: %s', async (from, what, outcome) => {
      const before = await both.picture();
      if (what === 'a full directory') await mkdir(own.at('there', 'in'), { recursive: true });
      else await OTHERS.find(([name]) => name === what)?.[1](own.at('there'));
      expect(await codeOf(own[kind](from, 'there', true))).toBe(outcome);
      if (outcome === 'done') {
        expect(await readFile(own.at('there', from === 'dir' ? 'file' : ''), 'utf8')).toBe('own');
      } else expect(await readFile(own.at('dir', 'file'), 'utf8')).toBe('own');
      expect(await both.picture()).toEqual(before);
      expect(await leftovers()).toEqual([]);
    });

    test.each([
      ['dir', 'dir'],
      ['dir', 'dir/sub/x'],
      ['dir/', './dir//new'],
      ['file', 'file'],
      ['', 'x'],
      ['file', '.'],
    ])('%j is not put at %j', async (from, to) => {
      for (const overwrite of [false, true]) expect(await codeOf(own[kind](from, to, overwrite))).toBe('VALIDATION');
    });

    test('what is not there, or no directory though the path says so, is told', async () => {
      expect(await codeOf(own[kind]('none', 'made/x'))).toBe('FILE_NOT_FOUND');
      expect(await codeOf(own[kind]('file/', 'x'))).toBe('NOT_A_FILE');
      expect(await codeOf(own[kind]('file', 'x/'))).toBe('NOT_A_FILE');
      expect(await codeOf(own[kind]('file', 'file/x'))).toBe('VALIDATION');
      expect(await codeOf(own[kind]('dir', 'file/x'))).toBe('NOT_A_FILE');
      expect((await readdir(own.at())).sort()).toEqual(['dir', 'file']);
    });

    test.each(['file', 'dir'])(
      'does not replace what an agent makes after it was looked for, with %s',
      async (what) => {
        const look = Object.getOwnPropertyDescriptor(OpenDirectory.prototype, 'look')?.value as OpenDirectory['look'];
        let made = false;
        const looking = jest.spyOn(OpenDirectory.prototype, 'look').mockImplementation(async function (
          this: OpenDirectory,
          name,
        ) {
          const found = await look.call(this, name);
          if (name === 'to' && !found) {
            await writeFile(own.at('to'), 'agent');
            made = true;
          }
          return found;
        });
        const code = await codeOf(own[kind](what, 'to'));
        looking.mockRestore();
        expect(code).toBe(made ? 'FILE_EXISTS' : 'done');
        if (made) expect(await readFile(own.at('to'), 'utf8')).toBe('agent');
        expect(await codeOf(lstat(own.at(what)))).toBe(kind === 'move' && !made ? 'ENOENT' : 'done');
      },
    );

    test.each(['file', 'dir'])('of many hosts that put %s at one path one wins', async (what) => {
      const hosts = [own, new OneWorkspace(own.root, own.session)];
      const froms = Array.from({ length: 8 }, (_, index) => `${what}-${index}`);
      for (const from of froms) await own.copy(what, from);
      const codes = await Promise.all(
        froms.map((from, index) => codeOf((hosts[index % 2] as OneWorkspace)[kind](from, 'one'))),
      );
      expect(codes.sort()).toEqual([...Array<string>(7).fill('FILE_EXISTS'), 'done']);
      const left = (await readdir(own.at())).filter((name) => name.startsWith(`${what}-`));
      expect(left).toHaveLength(kind === 'move' ? 7 : 8);
    });
  });

  test('a move that was cut off between its two names is finished by the same move', async () => {
    await link(own.at('file'), own.at('half'));
    await own.move('file', 'half');
    expect(await readdir(own.at())).toEqual(['dir', 'half']);
  });

  test('of two names of one file, a move over the other leaves one: rename leaves both', async () => {
    await link(own.at('file'), own.at('other'));
    await own.move('file', 'other', true);
    expect((await readdir(own.at())).sort()).toEqual(['dir', 'other']);
  });

  test.each<[string, string, (at: string) => unknown]>([
    ['a FIFO', 'NOT_A_FILE', (at) => execFileSync('mkfifo', [at])],
    ['a name of a file outside', 'PATH_OUTSIDE_WORKSPACE', (at) => link(path.join(both.outside, 'secret'), at)],
  ])('a copy with %s in it is refused and leaves nothing', async (_what, code, make) => {
    await make(own.at('dir', 'sub', 'thing'));
    expect(await codeOf(own.copy('dir', 'copy'))).toBe(code);
    expect(await codeOf(own.copy('dir/sub/thing', 'copy'))).toBe(code);
    expect((await readdir(own.at())).sort()).toEqual(['dir', 'file']);
    expect(await leftovers()).toEqual([]);
    expect(await readFile(path.join(both.outside, 'secret'), 'utf8')).toBe(SECRET);
  });

  test('a copy that takes longer than a request may says so and leaves nothing: half a tree', async () => {
    const moves = new WorkspaceMoves(own.workspaces, own.files, 0);
    const copying = moves.copy(own.session, { from: 'dir', to: 'copy', overwrite: false, quota: unlimited });
    await expect(copying).rejects.toMatchObject({ code: 'FILE_TOO_LARGE', details: { seconds: 0 } });
    expect((await readdir(own.at())).sort()).toEqual(['dir', 'file']);
    expect(await leftovers()).toEqual([]);
  });

  test('a copy that a crash has cut off is thrown away with the uploads that rest', async () => {
    const staged = own.workspaces.paths.uploadsOf(own.session.id);
    await mkdir(path.join(staged, 'x.copy', 'whole'), { recursive: true });
    await utimes(path.join(staged, 'x.copy'), new Date(0), new Date(0));
    await own.workspaces.tidyUploads(own.session.id, 60_000);
    expect(await own.workspaces.listUploads()).toEqual([]);
    for (const name of await own.workspaces.listTrash()) {
      await own.workspaces.removeFromTrash(name, AbortSignal.timeout(5_000));
    }
    expect(await leftovers()).toEqual([]);
  });
});
