import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SessionManagerError } from '../../lib/errors.ts';
import { hasErrno } from '../../lib/workspaces/files/errno.ts';
import type { OneWorkspace } from './one-workspace.ts';
import { TwoWorkspaces } from './two-workspaces.ts';

describe('no path leads out of a workspace', () => {
  let both: TwoWorkspaces;
  let own: OneWorkspace;
  beforeEach(async () => {
    both = await TwoWorkspaces.make();
    own = both.own;
  });
  afterEach(() => both.close());

  /** A directory is a symlink to both.outside, and a directory again, as fast as it can be. */
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
        insist(() => symlinkSync(both.outside, place));
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
    const before = await both.picture();
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
        await own.copy('dir/inner', 'copy');
        seen.add((await own.read('copy/secret')).toString());
        await directories.remove(session, 'copy', true);
      }),
      work(() => own.copy('file', 'dir/inner/copied', true)),
      work(() => own.move('dir/inner/copied', 'dir/moved', true)),
      work(() => own.move('dir/moved', 'moved', true)),
      work(async () => {
        const { entries } = await directories.list(session, '', 1_000, undefined, 9);
        if (entries.some(({ name }) => name === 'deep')) seen.add('a list of outside');
      }),
      work(async () => {
        const { entries } = await directories.list(session, 'dir', 100);
        if (entries.some(({ name }) => name === 'deep')) seen.add('a listing of outside');
      }),
    ]);
    over = true;
    await swapping;
    expect(swaps).toBeGreaterThan(2_000);
    expect(await both.picture()).toEqual(before);
    expect([...seen]).toEqual(['own']);
    expect(outcomes.get('done')).toBeGreaterThan(100);
    expect(outcomes.get('PATH_OUTSIDE_WORKSPACE')).toBeGreaterThan(100);
    const known = ['done', 'PATH_OUTSIDE_WORKSPACE', 'FILE_NOT_FOUND', 'NOT_A_FILE'];
    expect([...outcomes.keys()].filter((outcome) => !known.includes(outcome))).toEqual([]);
  });
});
