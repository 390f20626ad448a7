import type { BigIntStats } from 'node:fs';
import { link, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { ValidationError } from '../../errors.ts';
import { DirectoryNotEmptyError, FileExistsError, FileNotFoundError, NotAFileError } from '../file-errors.ts';
import { hasErrno } from '../files/errno.ts';
import type { Name, OpenDirectory } from '../files/open-directory.ts';

const PRIVATE = 0o700;

/** A name in a directory that is open. */
export interface Place {
  directory: OpenDirectory;
  name: Name;
}

/** Whatever `from` is (`found`) is at `to` afterwards, where nothing may be. Never replaces anything, on any host. */
export async function place(from: Place, to: Place, found: BigIntStats): Promise<void> {
  if (found.isDirectory()) await placeDirectory(from, to);
  else if (found.isSymbolicLink() && process.platform !== 'linux') await placeLink(from, to);
  else await placeFile(from, to);
  await syncBoth(from, to);
}

/**
 * The same, in the place of what is there, as `rename` does it in one step: of a file, a link or the like by another such,
 * of an empty directory by a directory. Gives the bytes of the file that is gone.
 */
export async function replace(from: Place, to: Place, found: BigIntStats): Promise<number> {
  const there = await to.directory.look(to.name);
  if (there) refuseOtherKind(found, there);
  // Of two names of one file `rename` leaves both.
  if (there && isSame(found, there) && !found.isDirectory()) await unlink(pathOf(from));
  else await renamed(from, to);
  await syncBoth(from, to);
  return there?.isFile() && there.nlink === 1n ? Number(there.size) : 0;
}

/**
 * Two steps, of which the first fails where something is. In between the file has both names; after a crash there the same
 * move again finds one file at both, and takes the second step. So does one whose answer NFS has lost.
 */
async function placeFile(from: Place, to: Place): Promise<void> {
  const isMade = await linked(from, to);
  const [there, left] = [await to.directory.look(to.name), await from.directory.look(from.name)];
  const isOneFile = there !== undefined && left !== undefined && isSame(there, left);
  if (!isMade && !isOneFile) throw left ? new FileExistsError() : new FileNotFoundError();
  // What an agent has put there since is something else, and stays.
  if (isOneFile) await unlink(pathOf(from));
}

async function linked(from: Place, to: Place): Promise<boolean> {
  try {
    await link(pathOf(from), pathOf(to));
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

/** Systems other than Linux give a second name to what a link leads to, and not to the link. */
async function placeLink(from: Place, to: Place): Promise<void> {
  if (await to.directory.look(to.name)) throw new FileExistsError();
  await rename(pathOf(from), pathOf(to));
}

/** Onto an empty directory of ours: making it is what fails where something is. */
async function placeDirectory(from: Place, to: Place): Promise<void> {
  try {
    await mkdir(pathOf(to), { mode: PRIVATE });
  } catch (thrown) {
    throw hasErrno(thrown, 'EEXIST') ? new FileExistsError() : thrown;
  }
  const made = await to.directory.look(to.name);
  try {
    await rename(pathOf(from), pathOf(to));
  } catch (thrown) {
    const there = await to.directory.look(to.name).catch(() => undefined);
    if (made && there && isSame(made, there)) await rmdir(pathOf(to)).catch(() => undefined);
    // An agent was faster: it has put something into the directory, or in its place.
    if (hasErrno(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw new FileExistsError();
    throw hasErrno(thrown, 'EINVAL') ? intoItself() : thrown;
  }
}

async function renamed(from: Place, to: Place): Promise<void> {
  try {
    await rename(pathOf(from), pathOf(to));
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOTEMPTY', 'EEXIST')) throw notEmpty();
    // An agent has moved the one below the other since.
    throw hasErrno(thrown, 'EINVAL') ? intoItself() : thrown;
  }
}

function refuseOtherKind(found: BigIntStats, there: BigIntStats): void {
  if (found.isDirectory() === there.isDirectory()) return;
  throw new NotAFileError(
    there.isDirectory()
      ? 'is that of a directory, which no file replaces'
      : 'is that of no directory, as it would have to be',
  );
}

export const intoItself = () => ValidationError.at('to', 'must not be the same as from, or in it');
const notEmpty = () => new DirectoryNotEmptyError('The directory to be replaced is not empty.');

async function syncBoth(from: Place, to: Place): Promise<void> {
  await to.directory.sync();
  await from.directory.sync();
}

export const isSame = (one: BigIntStats, other: BigIntStats): boolean => one.ino === other.ino && one.dev === other.dev;

const pathOf = ({ directory, name }: Place): Name => directory.entry(name);
