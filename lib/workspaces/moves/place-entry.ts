import type { BigIntStats } from 'node:fs';
import { link, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { ValidationError } from '../../errors.ts';
import { DirectoryNotEmptyError, FileExistsError, FileNotFoundError, NotAFileError } from '../file-errors.ts';
import { hasErrno } from '../files/errno.ts';
import { isSameFile, type Name, type OpenDirectory } from '../files/open-directory.ts';

const PRIVATE = 0o700;

/** A name in a directory that is open. */
export interface Place {
  directory: OpenDirectory;
  name: Name;
}

/** Whatever `from` is (`found`) is at `to` afterwards, where nothing may be. Never replaces anything, on any host. */
export async function place(from: Place, to: Place, found: BigIntStats): Promise<void> {
  if (found.isDirectory()) await placeDirectory(from, to, found);
  else if (found.isSymbolicLink() && process.platform !== 'linux') await placeLink(from, to);
  else await placeFile(from, to);
  await syncBoth(from, to);
}

/**
 * The same, in the place of what is there, as `rename` does it in one step: of a file, a link or the like by another such,
 * of an empty directory by a directory. Gives the bytes of the file that is gone.
 */
export async function replace(from: Place, to: Place, found: BigIntStats): Promise<number> {
  const there = await asOnServer(to);
  if (there) refuseOtherKind(found, there);
  // Of two names of one file `rename` leaves both.
  if (there && isSameFile(found, there) && !found.isDirectory()) await removed(from);
  else await renamed(from, to, found);
  await syncBoth(from, to);
  return there?.isFile() && there.nlink === 1n ? Number(there.size) : 0;
}

/**
 * Two steps, of which the first fails where something is. In between the file has both names; after a crash there the same
 * move again finds one file at both, and takes the second step. So does one whose answer NFS has lost.
 */
async function placeFile(from: Place, to: Place): Promise<void> {
  const isMade = await linked(from, to);
  const [there, left] = [await asOnServer(to), await asOnServer(from)];
  const isOneFile = there !== undefined && left !== undefined && isSameFile(there, left);
  if (!isMade && !isOneFile) throw left ? new FileExistsError() : new FileNotFoundError();
  // What an agent has put there since is something else, and stays.
  if (isOneFile) await removed(from);
}

/** It is gone also where the answer was lost, and the client of NFS has sent the request again. */
async function removed(from: Place): Promise<void> {
  await unlink(pathOf(from)).catch((thrown: unknown) => {
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
  });
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
  if (await asOnServer(to)) throw new FileExistsError();
  await rename(pathOf(from), pathOf(to));
}

/** Onto an empty directory of ours: making it is what fails where something is. */
async function placeDirectory(from: Place, to: Place, found: BigIntStats): Promise<void> {
  try {
    await mkdir(pathOf(to), { mode: PRIVATE });
  } catch (thrown) {
    throw hasErrno(thrown, 'EEXIST') ? new FileExistsError() : thrown;
  }
  const made = await to.directory.look(to.name);
  try {
    await rename(pathOf(from), pathOf(to));
  } catch (thrown) {
    const there = await asOnServer(to).catch(() => undefined);
    if (isMoved(thrown, found, there)) return;
    if (made && there && isSameFile(made, there)) await rmdir(pathOf(to)).catch(() => undefined);
    // An agent was faster: it has put something into the directory, or in its place.
    if (hasErrno(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw new FileExistsError();
    throw hasErrno(thrown, 'EINVAL') ? intoItself() : thrown;
  }
}

async function renamed(from: Place, to: Place, found: BigIntStats): Promise<void> {
  try {
    await rename(pathOf(from), pathOf(to));
  } catch (thrown) {
    if (isMoved(thrown, found, await asOnServer(to).catch(() => undefined))) return;
    if (hasErrno(thrown, 'ENOTEMPTY', 'EEXIST')) throw notEmpty();
    // An agent has moved the one below the other since.
    throw hasErrno(thrown, 'EINVAL') ? intoItself() : thrown;
  }
}

/** The answer of `rename` was lost, and the client of NFS has sent the request again. */
const isMoved = (thrown: unknown, found: BigIntStats, there: BigIntStats | undefined): boolean =>
  hasErrno(thrown, 'ENOENT') && there !== undefined && isSameFile(found, there);

function refuseOtherKind(found: BigIntStats, there: BigIntStats): void {
  if (found.isDirectory() === there.isDirectory()) return;
  throw new NotAFileError(
    there.isDirectory()
      ? '`to` is that of a directory, which a file does not replace'
      : '`to` is not that of a directory, and a directory replaces nothing but an empty directory',
  );
}

export const intoItself = () => ValidationError.at('to', 'must not be the same as from, or in it');
const notEmpty = () => new DirectoryNotEmptyError('The directory to be replaced is not empty.');

async function syncBoth(from: Place, to: Place): Promise<void> {
  await to.directory.sync();
  await from.directory.sync();
}

/** What decides that a name is removed must not be what a cache says. */
const asOnServer = ({ directory, name }: Place): Promise<BigIntStats | undefined> =>
  directory.anew((opened) => opened.lookAnew(name));

const pathOf = ({ directory, name }: Place): Name => directory.entry(name);
