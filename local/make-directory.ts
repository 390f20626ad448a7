import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

const MODE = 0o700;

/** With its parents, for its owner alone. Node's own `recursive` never returns below /proc, where nothing can be made. */
export async function makeDirectory(directory: string): Promise<void> {
  if (await isMade(directory)) return;
  await makeDirectory(path.dirname(directory));
  await mkdir(directory, { mode: MODE }).catch((thrown: NodeJS.ErrnoException) => {
    // Another process may be faster.
    if (thrown.code !== 'EEXIST') throw thrown;
  });
}

/** False where its parent is not there. */
async function isMade(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: MODE });
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if ((await stat(directory).catch(() => undefined))?.isDirectory()) return true;
    throw thrown;
  }
}
