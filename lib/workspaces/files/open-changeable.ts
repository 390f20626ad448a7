import { constants } from 'node:fs';
import { chmod, lstat, open, type FileHandle } from 'node:fs/promises';
import { hasErrno } from './errno.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Linux: a descriptor that only names the directory, which needs no permission on it. */
const O_PATH = 0o10000000;
/** Of the owner: to read, enter and change it. */
const PRIVATE = 0o700;

/** Open, and such that its owner may read, enter and change it. */
export async function openChangeable(directory: Buffer): Promise<FileHandle> {
  const handle = await openReadable(directory);
  try {
    if (isClosed(await handle.stat())) await handle.chmod(PRIVATE);
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** Gives its owner the permissions that it lacks. False: it lacks none, or there is no directory. */
export async function madeChangeable(directory: string): Promise<boolean> {
  try {
    const found = await lstat(directory);
    if (!found.isDirectory() || !isClosed(found)) return false;
    await (await openChangeable(Buffer.from(directory))).close();
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false;
    throw thrown;
  }
}

export const isClosed = ({ mode }: { mode: number }): boolean => (mode & PRIVATE) !== PRIVATE;

async function openReadable(directory: Buffer): Promise<FileHandle> {
  try {
    return await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (thrown) {
    if (!hasErrno(thrown, 'EACCES')) throw thrown;
    await makePrivate(directory, thrown);
    return open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }
}

/** Never what a link leads to. Systems other than Linux have no descriptor for it: there a swap at the right moment is followed. */
async function makePrivate(directory: Buffer, reason: unknown): Promise<void> {
  if (process.platform !== 'linux') {
    if (!(await lstat(directory)).isDirectory()) throw reason;
    return chmod(directory, PRIVATE);
  }
  const named = await open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    await chmod(`/proc/self/fd/${named.fd}`, PRIVATE);
  } finally {
    await named.close();
  }
}
