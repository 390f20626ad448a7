import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Each directory with `width` more in it, `depth` levels, a file in each of the last ones. */
export function makeBushy(directory: string, width: number, depth: number): void {
  mkdirSync(directory, { recursive: true });
  if (depth === 0) return writeFileSync(path.join(directory, 'file'), 'x');
  for (let index = 0; index < width; index++) makeBushy(path.join(directory, `d${index}`), width, depth - 1);
}

export async function makeDeep(directory: string, depth: number, name: string): Promise<void> {
  let handle = await open(directory);
  for (let level = 0; level < depth; level++) {
    const inside = `/proc/self/fd/${handle.fd}`;
    await writeFile(`${inside}/file`, 'x');
    await mkdir(`${inside}/${name}`);
    const next = await open(`${inside}/${name}`);
    await handle.close();
    handle = next;
  }
  await handle.close();
}

/** Everything below, symlinks not followed; what vanishes meanwhile is not counted. */
export async function countEntries(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = entries.map((entry) =>
    entry.isDirectory() ? countEntries(path.join(directory, entry.name)) : Promise.resolve(0),
  );
  return (await Promise.all(below)).reduce((sum, count) => sum + count, entries.length);
}
