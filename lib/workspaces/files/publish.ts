import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PreconditionFailedError } from '../file-errors.ts';
import { checkConditions, infoOf, type Conditions, type FileInfo } from './entity-tag.ts';
import { hasErrno } from './errno.ts';
import { orStagingError } from './file-error.ts';
import type { StillHeld } from './file-lock.ts';
import { modeToWrite, PERMISSIONS } from './file-mode.ts';
import { isSameFile, refuseLinkOrOther, type OpenDirectory } from './open-directory.ts';
import { discard } from './staged-file.ts';

const { O_NOFOLLOW, O_RDONLY } = constants;
/** What a file system without hard links answers, or one on which the file has as many as it can have. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/** What a write is given of the quota. */
export interface CountedBytes {
  take(bytes: number): Promise<void>;
  giveBack(bytes: number): Promise<void>;
}

/** How a file is to be put in its place. */
export interface Publication {
  conditions: Conditions;
  mode?: string | undefined;
  quota: CountedBytes;
}

/**
 * Puts a staged file, which is whole, in the place of what has the name. Under the lock on that, in a directory that was
 * opened under it: else what is checked may be what a cache says, and not what is replaced.
 */
export async function publishStaged(
  parent: OpenDirectory,
  name: string,
  file: string,
  { conditions, mode, quota }: Publication,
  stillHeld: StillHeld,
): Promise<{ existed: boolean } & FileInfo> {
  const found = await parent.lookAnew(name);
  if (found) refuseLinkOrOther(found);
  const staged = await orStagingError(open(file, O_RDONLY | O_NOFOLLOW));
  try {
    const own = await staged.stat({ bigint: true });
    const info = infoOf(own);
    // A process that was killed had given it its name, and has not removed the other one.
    const isThere = found !== undefined && isSameFile(found, own);
    if (!isThere) {
      checkConditions(conditions, found);
      await orStagingError(setMode(staged, own, modeToWrite(mode, found)));
      const added = info.size - Number(found?.size ?? 0);
      await quota.take(added);
      try {
        await stillHeld();
        await (found || conditions.ifNoneMatch !== '*' ? replace : create)(parent, name, file, own);
      } catch (thrown) {
        await quota.giveBack(added);
        throw thrown;
      }
    }
    if (isThere || !found) await discard(file);
    return { existed: found !== undefined && !isThere, ...info };
  } finally {
    await staged.close();
  }
}

/** Whatever the umask, and durable. */
async function setMode(staged: FileHandle, own: BigIntStats, mode: number): Promise<void> {
  if (Number(own.mode & PERMISSIONS) === mode) return;
  await staged.chmod(mode);
  await staged.sync();
}

/** `rename` would replace what an agent makes at the same time; `link` never does. */
async function create(parent: OpenDirectory, name: string, file: string, own: BigIntStats): Promise<void> {
  try {
    if (await parent.adopt(file, name)) return;
  } catch (thrown) {
    if (!hasErrno(thrown, ...NO_LINKS)) throw thrown;
    return replace(parent, name, file, own);
  }
  const found = await parent.anew((opened) => opened.lookAnew(name));
  // The answer was lost, and the client of NFS has sent the request again.
  if (!found || !isSameFile(found, own)) throw new PreconditionFailedError(found && infoOf(found).etag);
}

async function replace(parent: OpenDirectory, name: string, file: string, own: BigIntStats): Promise<void> {
  try {
    await parent.receive(file, name);
  } catch (thrown) {
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
    const found = await parent.anew((opened) => opened.lookAnew(name));
    // As above: the file has moved already.
    if (!found || !isSameFile(found, own)) throw thrown;
  }
}
