import { link, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identify, isRunning, readIdentity } from './process-identity.ts';
import { StartError } from './start-error.ts';

const ATTEMPTS = 5;

/**
 * Locks a data directory for this process; gives what unlocks it. The lock names its owner, so that one whose owner was
 * killed is taken over at once. Throws a `StartError` if the owner is running.
 */
export async function lockDataDir(directory: string): Promise<() => Promise<void>> {
  const lock = path.join(directory, 'lock');
  const own = `${lock}.${process.pid}`;
  await writeFile(own, JSON.stringify(await identify(process.pid)));
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (await linked(own, lock)) return () => rm(lock, { force: true });
      await takeAwayIfStale(lock, directory);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw new StartError(`The data directory ${directory} is being locked by others; try again.`);
}

/** A link is made or is there already, never half written. */
async function linked(own: string, lock: string): Promise<boolean> {
  return link(own, lock).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'EEXIST') return false;
      throw thrown;
    },
  );
}

/** Two who find the same stale lock: one renames it, the other finds nothing to rename, or must put back a fresh one. */
async function takeAwayIfStale(lock: string, directory: string): Promise<void> {
  await refuseIfOwned(lock, directory);
  const taken = `${lock}.stale.${process.pid}`;
  try {
    await rename(lock, taken);
  } catch {
    return;
  }
  try {
    await refuseIfOwned(taken, directory);
  } catch (thrown) {
    await linked(taken, lock);
    throw thrown;
  } finally {
    await rm(taken, { force: true });
  }
}

async function refuseIfOwned(lock: string, directory: string): Promise<void> {
  const owner = await readIdentity(lock);
  if (owner && (await isRunning(owner))) {
    throw new StartError(
      `The data directory ${directory} is in use by process ${owner.pid}: stop it, or set LOCAL_DATA_DIR to another directory.`,
    );
  }
}
