import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FirstNames } from '../../lib/workspaces/files/first-names.ts';
import { OneWorkspace } from './one-workspace.ts';

const inOrder = (names: Buffer[]) => [...names].sort((one, other) => Buffer.compare(one, other));

describe('the first names', () => {
  const random = Array.from({ length: 20_000 }, () => randomBytes(6));
  test.each([
    ['in no order', random],
    ['in their order', inOrder(random)],
    ['the other way round', inOrder(random).reverse()],
  ])('of many that come %s are found, with few of them kept', (_order, names) => {
    const first = new FirstNames(50);
    let most = 0;
    for (const name of names) {
      first.add(name);
      most = Math.max(most, first.kept);
    }
    expect(first.sorted()).toEqual(inOrder(random).slice(0, 50));
    expect(most).toBeLessThanOrEqual(100);
  });

  test('are all, where there are fewer', () => {
    const first = new FirstNames(5);
    for (const name of ['b', 'a', 'c']) first.add(Buffer.from(name));
    expect(first.sorted().map(String)).toEqual(['a', 'b', 'c']);
  });
});

describe('listing a directory', () => {
  let own: OneWorkspace;
  beforeEach(async () => {
    own = await OneWorkspace.make();
  });
  afterEach(() => own.close());

  test('shows each of thousands of names once, page by page, while others come and go', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `file-${(index * 7919) % 3_000}`);
    for (const name of names) await writeFile(own.at(name), '');
    const seen: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await own.directories.list(own.session, '', 700, cursor);
      seen.push(...page.entries.map(({ name }) => name));
      cursor = page.nextCursor;
      await writeFile(own.at(`00-before-${pages++}`), '');
      await rm(own.at(seen[0] as string), { force: true });
    } while (cursor);
    expect(seen).toEqual([...names].sort());
    expect(pages).toBe(5);
  });

  test('shows each name of a tree once, page by page, while what is around it is made, moved and removed', async () => {
    const kept = Array.from({ length: 36 }, (_, index) => `kept-${index % 4}/in-${index % 5}/file-${index}`);
    for (const file of kept) await own.write(file, '');
    const seen: (string | undefined)[] = [];
    let [cursor, pages] = [undefined as string | undefined, 0];
    do {
      const page = await own.directories.list(own.session, '', 7, cursor, Infinity);
      seen.push(...page.entries.map(({ path }) => path));
      cursor = page.nextCursor;
      // The directory that the cursor is in, and the cursor's own place, among others.
      const last = String(seen.at(-1));
      if (!kept.includes(last) && !kept.some((file) => file.startsWith(`${last}/`)))
        await rm(own.at(last), { recursive: true });
      await own.write(`kept-${pages % 4}/in-${pages % 5}/a-${pages}/new`, '');
      await own.move(`kept-${pages % 4}/in-${pages % 5}/a-${pages++}`, `z-${pages}`);
      await own.write(`${last}-/after`, '');
    } while (cursor && pages < 200);
    expect(seen.filter((path) => kept.includes(String(path)))).toEqual([...kept].sort());
    expect(new Set(seen).size).toBe(seen.length);
    expect(cursor).toBeUndefined();
  });
});
