import { stat, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { openLocked } from './kernel-lock.ts';
import { identify, isRunning, readIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

const ATTEMPTS = 5;

/**
 * Locks a data directory for this process; gives what unlocks it. The lock is the kernel's: it is released by its owner
 * or by the owner's death, and holds for containers too, whose process numbers mean nothing to each other. Throws a
 * `StartError` if another process has it. What the file says is for people.
 */
export async function lockDataDir(directory: string): Promise<() => Promise<void>> {
  const name = path.join(directory, 'lock');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const file = await openLocked(name);
    if (!file) throw await inUse(name, directory);
    try {
      if (await isAt(file, name)) {
        await refuseIfOwned(name, directory);
        await file.truncate();
        await file.write(JSON.stringify({ ...(await identify(process.pid)), host: hostname() }), 0);
        return () => unlock(file, name);
      }
      // Its owner has removed it between the two calls: the next one locks another file.
      await file.close();
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }
  throw new StartError(`Other processes are locking the data directory ${directory} at the same time: try again.`);
}

/** A file that is locked may have been removed before. */
async function isAt(file: FileHandle, name: string): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat(), stat(name).catch(() => undefined)]);
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}

/** Removed while it is locked, so that no other process's lock is. */
async function unlock(file: FileHandle, name: string): Promise<void> {
  try {
    if (await isAt(file, name)) await unlink(name);
  } finally {
    await file.close();
  }
}

async function inUse(name: string, directory: string): Promise<StartError> {
  const owner = await readIdentity(name);
  const who = owner ? ` by process ${owner.pid}${owner.host === hostname() ? '' : ` of ${owner.host}`}` : '';
  return new StartError(
    `The data directory ${directory} is in use${who}: stop it, or set LOCAL_DATA_DIR to another directory.`,
  );
}

/** An older version's lock is the file alone, which names its owner. */
async function refuseIfOwned(name: string, directory: string): Promise<void> {
  const owner = await readIdentity(name);
  if (owner && (await isRunning(owner))) throw await inUse(name, directory);
}
