import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { removeTree } from '../../lib/workspaces/files/remove-tree.ts';
import { countEntries, makeBushy, makeDeep } from './made-trees.ts';
import { removeSpares, swapAtOnce, swapForSymlinks } from './swaps.ts';

const never = () => new AbortController().signal;

describe('removing a tree', () => {
  let base: string;
  let tree: string;
  let outside: string;
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'remove-tree-'));
    tree = path.join(base, 'tree');
    outside = path.join(base, 'outside');
    await Promise.all([mkdir(tree), mkdir(path.join(outside, 'inner'), { recursive: true })]);
    await writeFile(path.join(outside, 'kept'), 'kept');
    await writeFile(path.join(outside, 'inner', 'kept'), 'kept');
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const expectOutsideUntouched = async () => {
    expect((await readdir(outside)).sort()).toEqual(['inner', 'kept']);
    expect(await readFile(path.join(outside, 'kept'), 'utf8')).toBe('kept');
    expect(await readFile(path.join(outside, 'inner', 'kept'), 'utf8')).toBe('kept');
  };
  const expectGone = async () => expect(await readdir(base)).toEqual(['outside']);

  test('removes an empty directory', async () => {
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('finds it done when there is nothing', async () => {
    expect(await removeTree(path.join(base, 'nothing'), never())).toBe(true);
  });

  test('removes a wide directory of files, hidden ones and odd names included', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `file-${index}`);
    for (const name of [...names, '.hidden', '...', ' ', '-rf', '*', 'a\nb', '\\', '😀', 'x'.repeat(255)]) {
      await writeFile(path.join(tree, name), 'x');
    }
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('removes a tree deeper than a path can be long', async () => {
    await makeDeep(tree, 60, 'd'.repeat(100));
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('holds few descriptors open, however many directories there are', async () => {
    makeBushy(tree, 6, 4);
    expect(await mostDescriptorsDuring(() => removeTree(tree, never()))).toBeLessThan(150);
    await expectGone();
  });

  test('holds few descriptors open, however deep the directories are', async () => {
    await makeDeep(tree, 400, 'd');
    expect(await mostDescriptorsDuring(() => removeTree(tree, never()))).toBeLessThan(150);
    await expectGone();
  });

  test('closes every descriptor', async () => {
    makeBushy(tree, 3, 3);
    const before = openDescriptors();
    await removeTree(tree, never());
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  test('removes symlinks and leaves what they name', async () => {
    await mkdir(path.join(tree, 'inside'));
    for (const place of [tree, path.join(tree, 'inside')]) {
      await symlink(outside, path.join(place, 'to-directory'));
      await symlink(`${outside}/`, path.join(place, 'to-directory-with-slash'));
      await symlink(path.join(outside, 'kept'), path.join(place, 'to-file'));
      await symlink('../../outside', path.join(place, 'relative'));
      await symlink('/nowhere', path.join(place, 'dangling'));
      await symlink('loop', path.join(place, 'loop'));
    }
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
    await expectOutsideUntouched();
  });

  test('removes nothing through a symlink in place of the tree itself', async () => {
    const link = path.join(base, 'link');
    await symlink(outside, link);
    await removeTree(link, never()).catch(() => undefined);
    await expectOutsideUntouched();
  });

  test('removes nothing once the time is up, and a second run finishes', async () => {
    makeBushy(tree, 3, 2);
    expect(await removeTree(tree, AbortSignal.abort())).toBe(false);
    expect(await countEntries(tree)).toBe(3 + 9 + 9);
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('stops in the middle when the time is up, and a second run finishes', async () => {
    makeBushy(tree, 6, 3);
    const all = await countEntries(tree);
    const time = new AbortController();
    const removal = removeTree(tree, time.signal);
    while ((await countEntries(tree)) === all) await turn();
    time.abort();
    expect(await removal).toBe(false);
    expect(await countEntries(tree)).toBeGreaterThan(0);
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('does not mind names that vanish meanwhile: two runs at once both finish', async () => {
    for (let round = 0; round < 5; round++) {
      makeBushy(tree, 4, 3);
      await Promise.all([removeTree(tree, never()), removeTree(tree, never()), removeTree(tree, never())]);
      expect(await removeTree(tree, never())).toBe(true);
      await expectGone();
    }
  });

  test('removes nothing outside while directories are swapped for symlinks under it', async () => {
    for (let round = 0; round < 20; round++) {
      makeBushy(tree, 4, 2);
      const swapping = swapForSymlinks(tree, outside, 60);
      for (let run = 0; run < 5; run++) await removeTree(tree, never()).catch(() => undefined);
      await swapping;
      await expectOutsideUntouched();
      expect(await removeTree(tree, never())).toBe(true);
    }
    await expectGone();
  });

  test('a directory that is swapped for a symlink in the last moment does not make it fail', async () => {
    for (let round = 0; round < 40; round++) {
      makeBushy(tree, 4, 2);
      let over = false;
      const removal = removeTree(tree, never()).finally(() => (over = true));
      while (!over) {
        for (const name of ['d0', 'd1', 'd2', 'd3']) swapAtOnce(path.join(tree, name), outside);
        await turn();
      }
      expect([true, false]).toContain(await removal);
      await removeSpares(tree);
      await rm(tree, { recursive: true, force: true });
    }
    await expectOutsideUntouched();
  });

  test('removes names that are not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'x');
    await mkdir(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x64, 0xff])]));
    expect(await removeTree(tree, never())).toBe(true);
    await expectGone();
  });

  test('when one entry fails, the others never go on in a directory that was opened since', async () => {
    const bystander = path.join(base, 'bystander');
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    for (const name of names) await mkdir(path.join(bystander, name), { recursive: true });
    const baits = ['bait-0', 'bait-1', 'bait-2', 'bait-3'];
    for (let round = 0; round < 20; round++) {
      for (const name of [...baits, ...names]) await mkdir(path.join(tree, name, 'a', 'b', 'c'), { recursive: true });
      const opened: number[] = [];
      let over = false;
      const removal = removeTree(tree, never())
        .catch(() => undefined)
        .finally(() => (over = true));
      for (let turns = 0; !over || turns < 50; turns++) {
        for (const name of baits) swapAtOnce(path.join(tree, name), outside);
        // Takes each descriptor's number as soon as it is free.
        if (opened.length < 100) opened.push(openSync(bystander, 'r'));
        await turn();
      }
      await removal;
      opened.forEach((descriptor) => closeSync(descriptor));
      await removeSpares(tree);
      await rm(tree, { recursive: true, force: true });
      await mkdir(tree);
      expect((await readdir(bystander)).length).toBe(names.length);
    }
    await expectOutsideUntouched();
  });
});

const openDescriptors = () => readdirSync('/proc/self/fd').length;

/** How many more than before. */
async function mostDescriptorsDuring(removal: () => Promise<boolean>): Promise<number> {
  const before = openDescriptors();
  let most = before;
  let done = false;
  const removed = removal().finally(() => (done = true));
  while (!done) {
    most = Math.max(most, openDescriptors());
    await turn();
  }
  expect(await removed).toBe(true);
  return most - before;
}
