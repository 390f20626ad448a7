import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import pTimeout, { TimeoutError } from 'p-timeout';
import { askAgain } from './ask-again.ts';
import { hasErrno } from './errno.ts';
import { isClosed, madeChangeable } from './open-changeable.ts';

const PRIVATE = 0o700;
/** A file system that does not answer (NFS waits for ever) must not use up the whole call. */
const STEP_MS = 10_000;
/** How often an agent can close its directory again under a move before that is an error. */
const MOVE_ATTEMPTS = 10;
/** Also below what is no directory, or a link that leads to itself. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** `late` receives a result that comes after the time limit. */
export async function inTime<T>(step: () => Promise<T>, late?: (result: T) => Promise<void>): Promise<T> {
  const running = step();
  const signal = AbortSignal.timeout(STEP_MS);
  try {
    // With a number of milliseconds it makes its error first, with a stack, which costs more than the step.
    return await pTimeout(running, { milliseconds: Infinity, signal });
  } catch (thrown) {
    if (thrown !== signal.reason) throw thrown;
    if (late) running.then(late).catch(() => undefined);
    throw new TimeoutError(`The file system did not answer within ${STEP_MS} ms.`);
  }
}

/** A directory of ours at the root, which is made first if need be. Changeable also where a crash came before its mode. */
export async function makeAll(directory: string): Promise<void> {
  const there = await statsOf(directory);
  if (there) {
    if (isClosed(there)) await madeChangeable(directory);
    return;
  }
  const root = path.dirname(directory);
  if (!(await statsOf(root))) {
    await mkdir(path.dirname(root), { recursive: true });
    await makePrivate(root);
  }
  await makePrivate(directory);
}

export async function makePrivate(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: PRIVATE });
  } catch (thrown) {
    if (hasErrno(thrown, 'EEXIST')) return;
    throw thrown;
  }
  await chmod(directory, PRIVATE).catch((thrown: unknown) => {
    // Tidied away already; whoever needs it notices.
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
  });
}

/** What is no directory; gives whether it is gone. */
export async function removedAsFile(file: string): Promise<boolean> {
  return removedUnless(unlink(file), 'EISDIR', 'EPERM', 'EBUSY');
}

/** A directory with nothing in it; gives whether it is gone. */
export async function removedAsEmpty(directory: string): Promise<boolean> {
  return removedUnless(rmdir(directory), 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'ENOTDIR');
}

async function removedUnless(removal: Promise<void>, ...codes: string[]): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return true;
    if (hasErrno(thrown, ...codes)) return false;
    throw thrown;
  }
}

/**
 * From one directory of ours to another. A directory that gets another parent must be writable itself, since its `..`
 * changes, and an agent may have closed its own: then it is opened, and so is what it is in, as often as it is closed.
 * That it is not there is believed when the server has been asked.
 */
export async function moveIfThere(from: string, to: string): Promise<boolean> {
  let isAsked = false;
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return true;
    } catch (thrown) {
      if (hasErrno(thrown, ...NOT_THERE)) {
        if (isAsked) return false;
        for (const entry of [from, to]) await askAgain(entry);
        isAsked = true;
        continue;
      }
      if (!hasErrno(thrown, 'EACCES') || attempt === MOVE_ATTEMPTS) throw thrown;
      for (const directory of [path.dirname(from), path.dirname(to), from]) await madeChangeable(directory);
    }
  }
}

/** The directory of a user without sessions goes; one that is needed again is made again. */
export async function tidyUserDirectory(place: string): Promise<void> {
  await rmdir(path.dirname(place)).catch(() => undefined);
}

/** In a directory of ours below the root, which is opened where it is closed. As the server says, whatever is cached. */
export async function exists(file: string): Promise<boolean> {
  await askAgain(file);
  return (await madeAt(file)) !== undefined;
}

/** In such a directory. A caller that has just listed it has asked the server which names there are. */
export async function madeAt(file: string): Promise<Date | undefined> {
  try {
    return (await statsOf(file))?.mtime;
  } catch (thrown) {
    if (!hasErrno(thrown, 'EACCES') || !(await madeChangeable(path.dirname(file)))) throw thrown;
    return (await statsOf(file))?.mtime;
  }
}

/** As `madeAt`. What cannot be looked at counts as new, so that it keeps none of the others from what is done with them. */
export async function madeAtOrNow(file: string): Promise<Date | undefined> {
  return madeAt(file).catch(() => new Date());
}

/** Of what is there itself: a link may be an agent's, and lead anywhere or to itself. */
export async function statsOf(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (thrown) {
    if (hasErrno(thrown, ...NOT_THERE)) return undefined;
    throw thrown;
  }
}

/** Of a directory of ours. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return [];
    if (hasErrno(thrown, 'EACCES') && (await madeChangeable(directory))) return readdir(directory);
    throw thrown;
  }
}
