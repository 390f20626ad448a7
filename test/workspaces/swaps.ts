import { readdir, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';

/** What somebody still at work in the tree can do: a directory becomes a symlink and a directory again. */
export async function swapForSymlinks(tree: string, target: string, times: number): Promise<void> {
  const spare = `${tree}-spare`;
  for (let time = 0; time < times; time++) {
    const victim = path.join(tree, `d${time % 4}`);
    try {
      await rename(victim, spare);
      await symlink(target, victim);
      await stat(victim);
      await unlink(victim);
      await rename(spare, victim);
    } catch {
      // Removed meanwhile.
    }
  }
  await rm(spare, { recursive: true, force: true });
}

/** What `swapAtOnce` left aside would keep it from swapping again. */
export async function removeSpares(tree: string): Promise<void> {
  const names = (await readdir(path.dirname(tree))).filter((name) => name.startsWith('spare-'));
  for (const name of names) await rm(path.join(path.dirname(tree), name), { recursive: true });
}

/** A directory becomes a symlink, or a directory again. */
export function swapAtOnce(directory: string, target: string): void {
  const spare = path.join(path.dirname(directory), '..', `spare-${path.basename(directory)}`);
  try {
    unlinkSync(directory);
    renameSync(spare, directory);
  } catch {
    try {
      renameSync(directory, spare);
      symlinkSync(target, directory);
    } catch {
      // Removed meanwhile.
    }
  }
}
