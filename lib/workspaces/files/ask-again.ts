import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from './errno.ts';
import { madeChangeable } from './open-changeable.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * NFS answers from a cache which names there are in a directory, and which there are not, for up to a minute after another
 * host has changed it. When a directory is opened, the client asks the server. So this opens, from the root down, the
 * directories above `<root>/<directory>/<entry>`: what is said of the entry next is what the server says.
 */
export async function askAgain(entry: string): Promise<void> {
  const directory = path.dirname(entry);
  await opened(path.dirname(directory)).catch((thrown: unknown) => {
    // The root may be the operator's, and closed.
    if (!hasErrno(thrown, 'EACCES')) throw thrown;
  });
  await askAgainIn(directory);
}

/** The same for what is in a directory of ours, which is opened where it is closed. */
export async function askAgainIn(directory: string): Promise<void> {
  try {
    await opened(directory);
  } catch (thrown) {
    if (!hasErrno(thrown, 'EACCES') || !(await madeChangeable(directory))) throw thrown;
    await opened(directory);
  }
}

/** What is not there has been asked for as well. */
async function opened(directory: string): Promise<void> {
  try {
    await (await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)).close();
  } catch (thrown) {
    if (!hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw thrown;
  }
}
