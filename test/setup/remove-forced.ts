import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Removes a directory also where an ordinary user runs the tests, and what they have closed is in it. */
export async function removeForced(directory: string): Promise<void> {
  await openAll(directory).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
}

async function openAll(directory: string): Promise<void> {
  if (!(await lstat(directory)).isDirectory()) return;
  await chmod(directory, 0o700);
  for (const name of await readdir(directory)) await openAll(path.join(directory, name));
}
