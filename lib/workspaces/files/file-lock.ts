import { createHash, randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { link, lstat, open, readFile, rename, unlink, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContentionError } from '../../errors.ts';
import { hasErrno } from './errno.ts';
import { orStagingError } from './file-error.ts';
import type { StagingDirectory } from './staging-directory.ts';

const { O_NOFOLLOW, O_RDONLY } = constants;
const PRIVATE_FILE = 0o600;
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

/** The server decides who makes the file. */
async function taken(lock: string, token: string): Promise<boolean> {
  const file = await open(lock, 'wx', PRIVATE_FILE).catch((thrown: unknown) => {
    if (!hasErrno(thrown, 'EEXIST')) throw thrown;
  });
  if (!file) return false;
  try {
    await writeToken(file, token).finally(() => file.close());
    return true;
  } catch (thrown) {
    // Without its token no process holds it, and all would wait until it is stale.
    await unlink(lock).catch(() => undefined);
    throw thrown;
  }
}

async function writeToken(file: FileHandle, token: string): Promise<void> {
  // Whatever the umask: a lock that its holder cannot read is lost.
  if (((await file.stat()).mode & PRIVATE_FILE) !== PRIVATE_FILE) await file.chmod(PRIVATE_FILE);
  await file.writeFile(token);
}

/**
 * Another host may break the lock too, and a third take it, right before it is moved away here. Then what was moved away is
 * not what was stale, and goes back; its holder may find that it has lost it for a moment.
 */
async function breakIfStale(lock: string): Promise<void> {
  try {
    // What is cached may be older than it is, never younger.
    if (!isStale(await lstat(lock, { bigint: true }))) return;
    const found = await asOnServer(lock);
    if (!isStale(found)) return;
    const broken = `${lock}.${randomUUID()}`;
    await rename(lock, broken);
    if (!isSame(await asOnServer(broken), found)) await link(broken, lock).catch(() => undefined);
    await unlink(broken);
  } catch (thrown) {
    // Another process was faster.
    if (!hasErrno(thrown, 'ENOENT')) throw thrown;
  }
}

const isStale = ({ mtimeMs }: BigIntStats) => Date.now() - Number(mtimeMs) >= STALE_MS;
/** The number of a file that is gone may be given to a new one. */
const isSame = (one: BigIntStats, other: BigIntStats) => one.ino === other.ino && one.mtimeNs === other.mtimeNs;

/** NFS requests the attributes of a file when it is opened. */
async function asOnServer(lock: string): Promise<BigIntStats> {
  const file = await open(lock, O_RDONLY | O_NOFOLLOW);
  return file.stat({ bigint: true }).finally(() => file.close());
}
