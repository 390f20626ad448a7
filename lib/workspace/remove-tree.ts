import { constants } from 'node:fs';
import { chmod, open, readdir, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import pMap from 'p-map';
import { hasErrno } from './errno.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Linux: a descriptor that only names the directory, which needs no permission on it. */
const O_PATH = 0o10000000;
const AT_ONCE = 16;

/**
 * Removes a directory and what is in it until done or `signal` aborts; gives whether it is gone.
 *
 * Somebody may still be at work in it and put a symlink where a directory was a moment ago. So each directory is opened
 * without following links, and its entries are named through that descriptor: nothing outside can be reached.
 */
export async function removeTree(directory: string, signal: AbortSignal): Promise<boolean> {
  try {
    await emptyDirectory(directory, signal);
    if (signal.aborted) return false;
    await rmdir(directory);
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return true;
    // A file that another host holds open leaves `.nfs…` behind until it is closed; a later run finds it gone.
    if (hasErrno(thrown, 'ENOTEMPTY', 'EBUSY', 'EEXIST')) return false;
    throw thrown;
  }
}

async function emptyDirectory(directory: string, signal: AbortSignal): Promise<void> {
  const handle = await openDirectory(directory);
  try {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : directory;
    const names = await readdir(inside);
    await pMap(names, (name) => removeEntry(`${inside}/${name}`, signal), { concurrency: AT_ONCE });
  } finally {
    await handle.close();
  }
}

async function removeEntry(entry: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await unlink(entry);
  } catch (thrown) {
    // Linux says EISDIR of a directory, POSIX says EPERM.
    if (hasErrno(thrown, 'EISDIR', 'EPERM')) await removeTree(entry, signal);
    else if (!hasErrno(thrown, 'ENOENT', 'EBUSY')) throw thrown;
  }
}

async function openDirectory(directory: string): Promise<FileHandle> {
  try {
    return await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (thrown) {
    if (!hasErrno(thrown, 'EACCES') || process.platform !== 'linux') throw thrown;
    const named = await open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      await chmod(`/proc/self/fd/${named.fd}`, 0o700);
    } finally {
      await named.close();
    }
    return open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }
}
