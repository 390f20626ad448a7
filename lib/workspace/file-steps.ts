import { chmod, mkdir, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import pTimeout, { TimeoutError } from 'p-timeout';
import { hasErrno } from './errno.ts';

const PRIVATE = 0o700;
/** A file system that does not answer (NFS waits for ever) must not use up the whole call. */
const STEP_MS = 10_000;

/** `late` takes care of what comes when nobody waits for it any more. */
export async function inTime<T>(step: () => Promise<T>, late?: (result: T) => Promise<void>): Promise<T> {
  const running = step();
  const signal = AbortSignal.timeout(STEP_MS);
  try {
    // Told in milliseconds it makes its error beforehand, stack and all, which costs more than the step.
    return await pTimeout(running, { milliseconds: Infinity, signal });
  } catch (thrown) {
    if (thrown !== signal.reason) throw thrown;
    if (late) running.then(late).catch(() => undefined);
    throw new TimeoutError(`The file system did not answer within ${STEP_MS} ms.`);
  }
}

export async function makeAll(directory: string): Promise<void> {
  if (await exists(directory)) return;
  const root = path.dirname(directory);
  if (await mkdir(root, { recursive: true })) await chmod(root, PRIVATE);
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

export async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT', 'ENOTDIR')) return false;
    throw thrown;
  }
}

/** The directory of a user without sessions goes; one that is needed again is made again. */
export async function tidyUserDirectory(place: string): Promise<void> {
  await rmdir(path.dirname(place)).catch(() => undefined);
}

export async function exists(file: string): Promise<boolean> {
  return (await madeAt(file)) !== undefined;
}

export async function madeAt(file: string): Promise<Date | undefined> {
  try {
    return (await stat(file)).mtime;
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT', 'ENOTDIR')) return undefined;
    throw thrown;
  }
}

export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}
