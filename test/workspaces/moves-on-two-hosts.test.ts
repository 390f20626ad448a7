import * as realFs from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { OneWorkspace as Workspace } from './one-workspace.ts';
import { NfsClient } from './nfs-client.ts';

jest.unstable_mockModule('node:fs/promises', () => NfsClient.module(realFs));
const { OneWorkspace, unlimited } = await import('./one-workspace.ts');
const { codeOf } = await import('../setup/code-of.ts');

describe('on two hosts with one file system, where something is moved or copied,', () => {
  let one: NfsClient;
  let other: NfsClient;
  let own: Workspace;
  const at = (...names: string[]) => own.at(...names);
  beforeEach(async () => {
    own = await OneWorkspace.make();
    [one, other] = [new NfsClient(realFs, own.root), new NfsClient(realFs, own.root)];
    for (const name of ['file', 'other']) await realFs.writeFile(at(name), name);
    await realFs.mkdir(at('dir'));
  });
  afterEach(async () => {
    await one.close();
    await other.close();
    await own.close();
  });
  const knownToOther = async (...names: string[]) => {
    await other.run(() => own.directories.list(own.session, '', 10));
    for (const name of names) await codeOf(other.run(() => own.files.stat(own.session, name)));
  };
  /** After the other has opened the workspace, and before it has the lock. */
  const beforeLock = (work: () => Promise<unknown>) => other.onceBefore('open', /\.lock$/, work);
  const contents = async () => {
    const files = (await realFs.readdir(at(), { withFileTypes: true })).filter((entry) => entry.isFile());
    return Object.fromEntries(
      await Promise.all(files.map(async ({ name }) => [name, await realFs.readFile(at(name), 'utf8')] as const)),
    );
  };

  test('a file is not removed since a cache has it that the other name is one of it: it was lost', async () => {
    await realFs.link(at('file'), at('twin'));
    await knownToOther('file', 'twin');
    beforeLock(() => realFs.rename(at('other'), at('twin')));
    await other.run(() => own.move('file', 'twin', true));
    expect(await contents()).toEqual({ twin: 'file' });
  });

  test('what has replaced one name of a file is not removed as that file: it was lost', async () => {
    await realFs.link(at('file'), at('twin'));
    await knownToOther('file', 'twin');
    beforeLock(() => realFs.rename(at('other'), at('file')));
    expect(await codeOf(other.run(() => own.move('file', 'twin')))).toBe('FILE_EXISTS');
    expect(await contents()).toEqual({ file: 'other', twin: 'file' });
  });

  test.each<readonly [string, string, () => Promise<unknown>]>([
    ['to what was there', 'file', () => realFs.rm(at('other'))],
    ['a directory to what was there', 'dir', () => realFs.rm(at('other'))],
    ['from what was not there', 'none', () => realFs.writeFile(at('none'), 'new').then(() => realFs.rm(at('other')))],
  ])('a move goes by what the server has, and not by what a cache says: %s', async (_what, from, meanwhile) => {
    await knownToOther('other', 'none');
    beforeLock(meanwhile);
    expect(await codeOf(other.run(() => own.move(from, 'other')))).toBe('done');
  });

  test.each(['move', 'copy'] as const)('nothing is replaced that a cache says is not there (%s)', async (kind) => {
    await knownToOther('none');
    beforeLock(() => realFs.writeFile(at('none'), 'new'));
    for (const from of ['file', 'dir']) {
      expect(await codeOf(other.run(() => own[kind](from, 'none')))).toBe('FILE_EXISTS');
    }
    expect(await contents()).toEqual({ file: 'file', other: 'other', none: 'new' });
  });

  test.each<readonly ['link' | 'rename' | 'unlink', string, boolean]>([
    ['link', 'file', false],
    ['unlink', 'file', false],
    ['rename', 'file', true],
    ['rename', 'dir', false],
    ['rename', 'dir', true],
  ])(
    'a move goes well although the answer of %s was lost and sent again (%s, overwrite %s)',
    async (call, from, over) => {
      const again = { link: realFs.link, rename: realFs.rename, unlink: realFs.unlink }[call];
      one.onceBefore(call, new RegExp(`/${from}$`), () => again(at(from), at('new')));
      expect(await codeOf(one.run(() => own.move(from, 'new', over)))).toBe('done');
      expect((await realFs.readdir(at())).sort()).toEqual(
        [...(from === 'file' ? ['dir'] : ['file']), 'new', 'other'].sort(),
      );
    },
  );

  test.each(['move', 'copy'] as const)(
    'as many bytes are given back as the file had that is replaced (%s)',
    async (kind) => {
      await knownToOther('other');
      await realFs.appendFile(at('other'), ' and more of an agent');
      const size = (await realFs.stat(at('other'))).size;
      let counted = 0;
      const quota = {
        ...unlimited,
        limit: 1_000_000_000,
        take: async (bytes: number) => void (counted += bytes),
        giveBack: async (bytes: number) => void (counted -= bytes),
      };
      await other.run(() => own.moves[kind](own.session, { from: 'file', to: 'other', overwrite: true, quota }));
      expect(counted).toBe((kind === 'copy' ? 'file'.length : 0) - size);
    },
  );

  test('a file that was replaced right before is copied: it answered 503', async () => {
    await knownToOther('file');
    other.onceBefore('lstat', /\/file$/, () => realFs.rename(at('other'), at('file')));
    expect(await codeOf(other.run(() => own.copy('file', 'new')))).toBe('done');
    expect(await contents()).toEqual({ file: 'other', new: 'other' });
  });
});
