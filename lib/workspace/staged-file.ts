import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { RangeNotSatisfiableError } from '../file-errors.ts';
import { hasErrno } from './errno.ts';
import type { StillHeld } from './file-lock.ts';
import type { StagingDirectory } from './staging-directory.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const PRIVATE_FILE = 0o600;
/** How often another request can be faster with the same part. */
const ATTEMPTS = 10;

/** A file that arrives in parts: for which path, how long it will be, and its name if several arrive at once. */
export interface Upload {
  path: string;
  total: number;
  uploadId: string;
}

/** What the parts of all uploads of a session take. */
export async function stagedBytes(staging: StagingDirectory): Promise<number> {
  return (await partsIn(staging)).reduce((sum, { received }) => sum + received, 0);
}

async function partsIn(staging: StagingDirectory): Promise<{ key: string; received: number }[]> {
  const names = await readdir(staging.at).catch((thrown: unknown) => {
    if (hasErrno(thrown, 'ENOENT')) return [];
    throw thrown;
  });
  return names.flatMap((name) => {
    const [, key = '', received] = /^([0-9a-f]{32})\.(\d+)\.part$/.exec(name) ?? [];
    return key === '' ? [] : [{ key, received: Number(received) }];
  });
}

/** Writes a whole file aside, durable and mode 0600 whatever the umask; gives its path. */
export async function stage(staging: StagingDirectory, content: Buffer): Promise<string> {
  const file = staging.file(`${randomUUID()}.whole`);
  try {
    await staging.during(() => write(file, O_CREAT | O_EXCL, content, 0));
    return file;
  } catch (thrown) {
    await discard(file);
    throw thrown;
  }
}

export async function discard(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

/**
 * A file that arrives in parts, one after the other. How much of it is there for sure stands in its name, which changes
 * after the part is durable: a part that was cut off is not counted, one that comes again changes nothing.
 */
export class StagedParts {
  private readonly staging: StagingDirectory;
  private readonly upload: Upload;
  private readonly key: string;

  constructor(staging: StagingDirectory, upload: Upload) {
    this.staging = staging;
    this.upload = upload;
    const { path, total, uploadId } = upload;
    const hash = createHash('sha256').update(JSON.stringify([path, total, uploadId]));
    this.key = hash.digest('hex').slice(0, 32);
  }

  /** Gives how much has arrived with this part. Under a lock: a part that is late must not write where others have. */
  async append(first: number, part: Buffer, stillHeld: StillHeld): Promise<number> {
    const end = first + part.length;
    for (let attempt = 1; ; attempt++) {
      const own = (await partsIn(this.staging)).filter(({ key }) => key === this.key);
      const received = Math.max(0, ...own.map((part) => part.received));
      if (first > received) {
        const { total } = this.upload;
        throw new RangeNotSatisfiableError('does not follow what has arrived', { received, total });
      }
      if (end <= received) return received;
      try {
        const file = this.file(received);
        const write = () => writeAt(file, received, part.subarray(received - first));
        await (received === 0 ? this.staging.during(write) : write());
        await stillHeld();
        await rename(file, this.file(end));
        return end;
      } catch (thrown) {
        // Another request has brought the same part.
        if (!hasErrno(thrown, 'ENOENT') || attempt === ATTEMPTS) throw thrown;
      }
    }
  }

  /** The path of what has arrived. */
  file(received: number): string {
    return this.staging.file(`${this.key}.${received}.part`);
  }
}

const writeAt = (file: string, position: number, bytes: Buffer) =>
  write(file, position === 0 ? O_CREAT : 0, bytes, position);

async function write(file: string, flags: number, bytes: Buffer, position: number): Promise<void> {
  const handle = await open(file, flags | O_WRONLY | O_NOFOLLOW, PRIVATE_FILE);
  try {
    await handle.chmod(PRIVATE_FILE);
    for (let done = 0; done < bytes.length;) {
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
