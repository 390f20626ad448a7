import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContentionError } from '../../errors.ts';
import { hasErrno } from './errno.ts';
import { orStagingError } from './file-error.ts';
import type { StagingDirectory } from './staging-directory.ts';

const WAIT_MS = 5_000;
const TURN_MS = 20;
/** Longer than a function works on one request. A function that was frozen finds that it has lost its lock. */
const STALE_MS = 60_000;

/** Throws a `ContentionError` if the lock is no longer held: to be asked right before what must not be done without it. */
export type StillHeld = () => Promise<void>;

/**
 * Runs `work` under a name one caller after the other, on all hosts: a write replaces the file that it has checked. The lock
 * is held for a few steps of a few milliseconds; a lock that a killed process left is broken.
 */
export async function withFileLock<T>(
  staging: StagingDirectory,
  name: string,
  work: (stillHeld: StillHeld) => Promise<T>,
): Promise<T> {
  const lock = staging.file(`${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`);
  const token = randomUUID();
  const until = performance.now() + WAIT_MS;
  while (!(await orStagingError(staging.during(() => taken(lock, token))))) {
    if (performance.now() > until) throw new ContentionError(new Error('others write the same file'));
    await orStagingError(breakIfStale(lock));
    await sleep(TURN_MS);
  }
  const isHeld = async () => (await readFile(lock, 'utf8').catch(() => undefined)) === token;
  try {
    return await work(async () => {
      if (!(await isHeld())) throw new ContentionError(new Error('the lock on the file was broken'));
    });
  } finally {
    if (await isHeld()) await unlink(lock).catch(() => undefined);
  }
}

async function taken(lock: string, token: string): Promise<boolean> {
  try {
    await writeFile(lock, token, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, 'EEXIST')) return false;
    throw thrown;
  }
}

async function breakIfStale(lock: string): Promise<void> {
  try {
    if (Date.now() - (await stat(lock)).mtimeMs < STALE_MS) return;
    const broken = `${lock}.${randomUUID()}`;
    await rename(lock, broken);
    await unlink(broken);
  } catch (thrown) {
    // Another process was faster.
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
  }
}
