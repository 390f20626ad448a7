import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { StartError } from './start-error.ts';

type TryLock = (fd: number) => boolean;

/**
 * Opens a file, which is made if need be, and takes the kernel's lock on it; nothing if another process has the lock. It is
 * released when the handle is closed, in this process and in each child that was given it. Death closes it too.
 */
export async function openLocked(name: string): Promise<FileHandle | undefined> {
  const tryLock = await loadTryLock();
  const file = await opened(name);
  try {
    if (tryLock(file.fd)) return file;
  } catch (thrown) {
    await file.close();
    throw new StartError(`The file system has no lock for ${name}: ${(thrown as Error).message}.`);
  }
  await file.close();
  return undefined;
}

async function loadTryLock(): Promise<TryLock> {
  try {
    // It has binaries for some platforms, which are loaded here.
    // @ts-expect-error The package has no types.
    const { default: extensions } = (await import('fs-native-extensions')) as { default: { tryLock: TryLock } };
    return (fd) => extensions.tryLock(fd);
  } catch {
    throw new StartError(
      'There are no file locks for this platform, so that no database can be started safely: set DYNAMODB_ENDPOINT to one that is running.',
    );
  }
}

async function opened(name: string): Promise<FileHandle> {
  try {
    return await open(name, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (thrown) {
    throw new StartError(`The file ${name} cannot be locked: ${(thrown as Error).message}.`);
  }
}
