import { randomUUID } from 'node:crypto';
import { rename, rmdir, unlink } from 'node:fs/promises';
import pMap from 'p-map';
import { batchesOf } from './directory-batches.ts';
import { hasErrno } from './errno.ts';
import { openChangeable } from './open-changeable.ts';

/** As far as the process has threads for them (`UV_THREADPOOL_SIZE`). */
export const FILE_CALLS_AT_ONCE = 16;
const BRANCHES_AT_ONCE = 4;
/** One descriptor is open for each level of each branch: what is deeper is moved up first. */
const MAX_DEPTH = 24;

/**
 * Removes a directory and what is in it until done or `signal` aborts; returns whether it is gone.
 *
 * An agent may still work in it and replace a directory by a symlink. So each directory is opened
 * without following links, and its entries are named through that descriptor: nothing outside can be reached. It is
 * closed only when nothing uses it any more, since its number goes to whatever is opened next.
 */
export async function removeTree(directory: string, signal: AbortSignal): Promise<boolean> {
  return new TreeRemoval(signal).remove(Buffer.from(directory), 0);
}

/** Names are bytes: not every one is UTF-8. */
class TreeRemoval {
  private readonly signal: AbortSignal;
  /** The tree's own directory, by its descriptor. */
  private top: Buffer | undefined;
  private movedUp = false;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  async remove(directory: Buffer, depth: number): Promise<boolean> {
    try {
      await this.empty(directory, depth);
      if (this.signal.aborted) return false;
      await rmdir(directory);
      return true;
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOENT')) return true;
      // A file that another host holds open leaves `.nfs…` behind until it is closed, and a directory may have been
      // swapped for something else; a later run finds it gone, or as what it is.
      if (hasErrno(thrown, 'ENOTEMPTY', 'EBUSY', 'EEXIST', 'ENOTDIR', 'ELOOP')) return false;
      throw thrown;
    }
  }

  private async empty(directory: Buffer, depth: number): Promise<void> {
    const handle = await openChangeable(directory);
    try {
      const inside = process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${handle.fd}`) : directory;
      this.top ??= inside;
      do {
        this.movedUp &&= depth > 0;
        await this.removeEntries(inside, depth);
      } while (depth === 0 && this.movedUp && !this.signal.aborted);
    } finally {
      await handle.close();
    }
  }

  /** Files many at once, directories a few at once at the top and one by one below. One that fails keeps the others from nothing. */
  private async removeEntries(inside: Buffer, depth: number): Promise<void> {
    const failures: unknown[] = [];
    const directories: Buffer[] = [];
    const unlinked = async (entry: Buffer) => {
      if (!this.signal.aborted && !(await removeFile(entry))) directories.push(entry);
    };
    const noting = (step: Promise<unknown>) => step.catch((thrown: unknown) => failures.push(thrown));
    for await (const entries of batchesOf(inside)) {
      const paths = entries.map(({ name }) => Buffer.concat([inside, Buffer.from('/'), name]));
      await pMap(paths, (entry) => noting(unlinked(entry)), { concurrency: FILE_CALLS_AT_ONCE });
      if (this.signal.aborted) break;
    }
    const removed = async (entry: Buffer) => {
      if (!this.signal.aborted) await (depth < MAX_DEPTH ? this.remove(entry, depth + 1) : this.moveUp(entry));
    };
    const concurrency = depth === 0 ? BRANCHES_AT_ONCE : 1;
    await pMap(directories, (entry) => noting(removed(entry)), { concurrency });
    if (failures.length > 0) throw failures[0];
  }

  private async moveUp(directory: Buffer): Promise<void> {
    try {
      // To be moved it must be writable.
      await (await openChangeable(directory)).close();
      await rename(directory, Buffer.concat([this.top as Buffer, Buffer.from(`/${randomUUID()}`)]));
      this.movedUp = true;
    } catch (thrown) {
      if (!hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw thrown;
    }
  }
}

/** False: it is a directory. */
async function removeFile(entry: Buffer): Promise<boolean> {
  try {
    await unlink(entry);
  } catch (thrown) {
    // Linux says EISDIR of a directory, POSIX says EPERM.
    if (hasErrno(thrown, 'EISDIR', 'EPERM')) return false;
    if (!hasErrno(thrown, 'ENOENT', 'EBUSY')) throw thrown;
  }
  return true;
}
