import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * A directory that all test files of a run share, made by the first one that needs it while others wait. Whoever would write
 * in it copies it first. It is there under its name when it is complete.
 */
export async function oncePerRun(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = path.join(process.env.DIRECTORY_OF_TEST_RUN as string, name);
  while (!existsSync(directory)) {
    const lock = `${directory}.lock`;
    if (!tookLock(lock)) await sleep(POLL_MS);
    else
      try {
        if (!existsSync(directory)) {
          await make(`${directory}.made`);
          renameSync(`${directory}.made`, directory);
        }
      } finally {
        rmdirSync(lock);
      }
  }
  return directory;
}

function tookLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}
