import { createHash, randomUUID } from 'node:crypto';
import { rename, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContentionError } from '../errors.ts';
import { hasErrno } from './errno.ts';
import type { StagingDirectory } from './staging-directory.ts';

const WAIT_MS = 5_000;
const TURN_MS = 20;
/** Longer than any function that could hold one lives. */
const STALE_MS = 60_000;

/**
 * One after the other, on whichever host: what a write finds is what it replaces. Held for a few steps of a few
 * milliseconds; one that a killed process left behind is broken.
 */
export async function withFileLock<T>(staging: StagingDirectory, path: string, work: () => Promise<T>): Promise<T> {
  const lock = staging.file(`${createHash('sha256').update(path).digest('hex').slice(0, 32)}.lock`);
  const until = performance.now() + WAIT_MS;
  while (!(await staging.during(() => taken(lock)))) {
    if (performance.now() > until) throw new ContentionError(new Error('others write the same file'));
    await breakIfStale(lock);
    await sleep(TURN_MS);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, '', { flag: 'wx', mode: 0o600 });
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
    // Somebody was faster.
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
  }
}
