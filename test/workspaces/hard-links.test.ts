import { existsSync, renameSync, unlinkSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LinksInside } from '../../lib/workspaces/files/links-inside.ts';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { WorkspaceFiles } from '../../lib/workspaces/workspace-files.ts';
import { codeOf } from '../setup/code-of.ts';
import { unlimited, type OneWorkspace } from './one-workspace.ts';
import { SECRET, TwoWorkspaces } from './two-workspaces.ts';

describe('a file with several names (hard links)', () => {
  let both: TwoWorkspaces;
  let own: OneWorkspace;
  let secret: string;
  beforeEach(async () => {
    both = await TwoWorkspaces.make();
    own = both.own;
    secret = path.join(both.outside, 'secret');
  });
  afterEach(() => both.close());

  const refused = (details: object) => ({ code: 'PATH_OUTSIDE_WORKSPACE', details });

  test('is read where all are in the workspace, by every way of reading: it was refused', async () => {
    await mkdir(own.at('store', 'a', 'b'), { recursive: true });
    await writeFile(own.at('store', 'a', 'b', 'package'), '0123456789');
    await link(own.at('store', 'a', 'b', 'package'), own.at('dir', 'sub', 'package'));
    await link(own.at('store', 'a', 'b', 'package'), own.at('x'));
    for (const name of ['store/a/b/package', 'dir/sub/package', 'x']) {
      expect((await own.read(name)).toString()).toBe('0123456789');
      const part = await own.files.read(own.session, name, [{ first: 2, last: 4 }]);
      expect(part).toMatchObject({ bytes: Buffer.from('234'), isPart: true });
      expect(await own.files.stat(own.session, name)).toMatchObject({ size: 10 });
    }
  });

  test('keeps its content under its other names when one is written or removed', async () => {
    await link(own.at('file'), own.at('twin'));
    await own.write('twin', 'new');
    expect((await own.read('file')).toString()).toBe('own');
    expect((await own.read('twin')).toString()).toBe('new');
    await link(own.at('file'), own.at('again'));
    await own.remove('file');
    expect((await own.read('again')).toString()).toBe('own');
  });

  test('is refused with any name outside, and told how many: in another session, its trash or its uploads', async () => {
    await link(own.at('file'), own.at('twin'));
    const { paths } = own.workspaces;
    const places = [both.outside, path.join(paths.trash, 'x'), path.join(paths.uploads, 'of-another')];
    for (const place of places) {
      await mkdir(place, { recursive: true });
      await link(own.at('file'), path.join(place, 'third'));
      await expect(own.read('twin')).rejects.toMatchObject(refused({ names: 3, found: 2 }));
      await expect(own.files.stat(own.session, 'file')).rejects.toMatchObject(refused({ names: 3, found: 2 }));
      unlinkSync(path.join(place, 'third'));
    }
    await symlink(both.outside, own.at('out'));
    await link(secret, own.at('hard'));
    await expect(own.read('hard')).rejects.toMatchObject(refused({ names: 2, found: 1 }));
  });

  test('stays as it is outside when its name here is replaced or removed', async () => {
    await link(secret, own.at('hard'));
    await own.write('hard', 'mine');
    expect((await own.read('hard')).toString()).toBe('mine');
    await link(secret, own.at('again'));
    await own.remove('again');
    expect(await readFile(secret, 'utf8')).toBe(SECRET);
    expect((await stat(secret)).nlink).toBe(1);
  });

  test('is read while it is new and its staged name is still there, as after a crash, and may be written again', async () => {
    const staging = own.files.stagingOf(own.session);
    await mkdir(staging.at, { recursive: true });
    await link(own.at('file'), staging.file('crashed.whole'));
    expect((await own.read('file')).toString()).toBe('own');
    await own.write('file', 'new');
    expect((await own.read('file')).toString()).toBe('new');
  });

  test('is an upload that was killed between its two names, and its last part may come again: it answered 412', async () => {
    const taken: number[] = [];
    const quota = { ...unlimited, take: async (bytes: number) => void taken.push(bytes) };
    const part = (first: number, text: string) => {
      const write = { path: 'new', conditions: { ifNoneMatch: '*' }, quota };
      return own.files.writePart(own.session, Buffer.from(text), { first, total: 6, uploadId: 'u' }, write);
    };
    const { at } = own.files.stagingOf(own.session);
    await part(0, 'abc');
    const [staged = ''] = await readdir(at);
    const written = await part(3, 'def');
    await mkdir(at);
    await link(own.at('new'), path.join(at, staged.replace('.3.', '.6.')));
    expect((await own.read('new')).toString()).toBe('abcdef');
    expect(await part(3, 'def')).toEqual(written);
    expect([taken, (await stat(own.at('new'))).nlink]).toEqual([[6], 1]);
  });

  test('is copied where all are in the workspace, alone or with some of its names: it was refused', async () => {
    await mkdir(own.at('store'));
    const names = ['dir/a', 'dir/sub/b', 'store/a', 'store/b'].map((name) => own.at(name));
    await writeFile(own.at('store', 'x'), 'package');
    for (const name of names) await link(own.at('store', 'x'), name);
    await own.copy('dir/a', 'one');
    await own.copy('dir', 'some');
    const [one, ...some] = await Promise.all(['one', 'some/a', 'some/sub/b'].map((name) => stat(own.at(name))));
    expect([one?.nlink, some.map(({ nlink }) => nlink), new Set(some.map(({ ino }) => ino)).size]).toEqual([
      1,
      [2, 2],
      1,
    ]);
    expect((await own.read('some/sub/b')).toString()).toBe('package');
    expect(await readdir(own.workspaces.paths.uploads)).toEqual([]);
    await link(own.at('store', 'x'), path.join(both.outside, 'sixth'));
    for (const from of ['dir/a', 'dir', 'store']) {
      await expect(own.copy(from, 'none')).rejects.toMatchObject(refused({ names: 6, found: 5 }));
    }
  });

  test('of another session is not copied as two names here by being moved during the copy: it was', async () => {
    await mkdir(own.at('dir', 'z'));
    await link(secret, own.at('dir', 'x'));
    const directory = Object.getOwnPropertyDescriptor(OpenDirectory.prototype, 'directory')
      ?.value as OpenDirectory['directory'];
    const opening = jest.spyOn(OpenDirectory.prototype, 'directory').mockImplementation(async function (
      this: OpenDirectory,
      name,
    ) {
      if (String(name) === 'z' && existsSync(own.at('dir', 'x')))
        renameSync(own.at('dir', 'x'), own.at('dir', 'z', 'x'));
      return directory.call(this, name);
    });
    const copying = codeOf(own.copy('dir', 'stolen'));
    expect(await copying.finally(() => opening.mockRestore())).toBe('PATH_OUTSIDE_WORKSPACE');
    expect(existsSync(own.at('stolen'))).toBe(false);
  });

  test('is searched for within bounds, beyond which the answer says so', async () => {
    await link(own.at('file'), own.at('dir', 'sub', 'twin'));
    await mkdir(own.at('many'));
    for (let count = 0; count < 40; count++) await writeFile(own.at('many', `${count}`), '');
    const bounded = (bounds: { entries: number; ms: number }) =>
      new WorkspaceFiles(own.workspaces, bounds).read(own.session, 'file');
    expect(await codeOf(bounded({ entries: 50, ms: 60_000 }))).toBe('done');
    await link(own.at('file'), path.join(both.outside, 'third'));
    await expect(bounded({ entries: 50, ms: 60_000 })).rejects.toMatchObject(refused({ names: 3, found: 2 }));
    await expect(bounded({ entries: 20, ms: 60_000 })).rejects.toMatchObject({
      ...refused({ names: 3, searched: 20 }),
      message: expect.stringContaining('the first 20 entries'),
    });
    const odd = Buffer.concat([Buffer.from(`${own.at('many')}/V`), Buffer.from([0xed])]);
    await link(own.at('file'), odd);
    // What is not UTF-8 in it is a half of a surrogate pair. The name that is read is known before the search.
    const byOdd = new WorkspaceFiles(own.workspaces, { entries: 0, ms: 60_000 }).read(own.session, 'many/V\udced');
    await expect(byOdd).rejects.toMatchObject(refused({ names: 4, found: 1, searched: 0 }));
    await rm(odd);
    await expect(bounded({ entries: 50, ms: 0 })).rejects.toMatchObject(refused({ names: 3, found: 0, searched: 0 }));
  });

  test.each([
    ['alone', 'a/x', 'b/y'],
    ['with its directory', 'a', 'z'],
  ])('of another session has no second name here by being moved during the search, %s', async (_how, from, to) => {
    for (const name of ['a', 'b']) await mkdir(own.at(name));
    await link(secret, own.at('a', 'x'));
    const [top, parent] = await Promise.all([OpenDirectory.open(own.at()), OpenDirectory.open(own.at('a'))]);
    const file = await open(own.at('a', 'x'));
    const moving = Object.assign(Object.create(parent) as OpenDirectory, {
      look: async (name: Buffer) => {
        const found = await parent.look(name);
        renameSync(own.at(from), own.at(to));
        return found;
      },
    });
    try {
      const links = new LinksInside(top, own.files.stagingOf(own.session));
      const checked = links.check(file, await file.stat({ bigint: true }), moving, 'x');
      await expect(checked).rejects.toMatchObject(refused({ names: 2, found: 1 }));
    } finally {
      for (const opened of [top, parent, file]) await opened.close();
    }
  });

  test('of another session is not read while its one name here is moved about all the time', async () => {
    for (const name of ['a', 'b']) await mkdir(own.at(name, 'deep'), { recursive: true });
    const places = ['a/x', 'b/x', 'a/deep/x', 'b/deep/x', 'x'].map((name) => own.at(name));
    let [over, moves] = [false, 0];
    const moving = (async () => {
      await link(secret, places[0] as string);
      for (let at = 0; !over; at = (at + 1) % places.length) {
        renameSync(places[at] as string, places[(at + 1) % places.length] as string);
        renameSync(own.at('a', 'deep'), own.at('c'));
        renameSync(own.at('c'), own.at('a', 'deep'));
        moves++;
        await sleep(Math.random() * 60);
      }
    })();
    const outcomes: string[] = [];
    const REFUSED = ['PATH_OUTSIDE_WORKSPACE', 'CONTENTION'];
    const giveUpAt = performance.now() + 30_000;
    const isEnough = () => moves > 25 && outcomes.filter((outcome) => REFUSED.includes(outcome)).length > 10;
    const reading = async (name: string) => {
      while (!isEnough() && performance.now() < giveUpAt) {
        outcomes.push(await own.read(name).then(String, (thrown: NodeJS.ErrnoException) => thrown.code ?? 'thrown'));
      }
    };
    await Promise.all(['a/x', 'b/x', 'a/deep/x', 'x'].map(reading));
    over = true;
    await moving;
    const known = [...REFUSED, 'FILE_NOT_FOUND', 'NOT_A_FILE'];
    expect(outcomes.filter((outcome) => !known.includes(outcome))).toEqual([]);
    expect(isEnough()).toBe(true);
  });
});
