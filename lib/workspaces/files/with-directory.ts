import type { OpenDirectory } from './open-directory.ts';

/** Goes down from an open directory, name by name, and works in the last one. `make`: what is missing is made. */
export async function withDirectory<T>(
  top: OpenDirectory,
  names: readonly string[],
  work: (directory: OpenDirectory) => Promise<T>,
  make?: 'make',
): Promise<T> {
  let here = top;
  try {
    for (const name of names) {
      const next = await (make ? madeDirectory(here, name) : here.directory(name));
      if (here !== top) await here.close();
      here = next;
    }
    return await work(here);
  } finally {
    if (here !== top) await here.close();
  }
}

async function madeDirectory(here: OpenDirectory, name: string): Promise<OpenDirectory> {
  await here.makeDirectory(name);
  return here.directory(name);
}
