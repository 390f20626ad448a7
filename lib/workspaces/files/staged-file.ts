import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import pMap from 'p-map';
import { RangeNotSatisfiableError } from '../file-errors.ts';
import { hasErrno } from './errno.ts';
import type { StillHeld } from './file-lock.ts';
import type { StagingDirectory } from './staging-directory.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const PRIVATE_FILE = 0o600;
/** How often another request can be faster with the same part. */
const ATTEMPTS = 10;

const LOOKS_AT_ONCE = 16;
/** Longer than a request takes: an upload that has not changed for so long has no part under way. */
const RESTING_MS = 60_000;

/** A file that arrives in parts: for which path, how long it will be, and its name if several arrive at the same time. */
export interface Upload {
  path: string;
  total: number;
  uploadId: string;
}

/** What has arrived of one upload: how much for sure, by its name. */
interface StagedPart {
  name: string;
  key: string;
  received: number;
}

async function partsIn(staging: StagingDirectory): Promise<StagedPart[]> {
  const names = await readdir(staging.at).catch((thrown: unknown) => {
    if (hasErrno(thrown, 'ENOENT')) return [];
    throw thrown;
  });
  return names.flatMap((name) => {
    const [, key = '', received] = /^([0-9a-f]{32})\.(\d+)\.part$/.exec(name) ?? [];
    return key === '' ? [] : [{ name, key, received: Number(received) }];
  });
}

/** Writes a whole file to `.uploads`, durable and with mode 0600 whatever the umask; returns its path. */
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
 * A file that arrives in parts, one after the other. Its name states how many bytes are durable, and changes after each part
 * is synced: a part that was cut off is not counted, a part that arrives again changes nothing.
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
      const received = receivedOf(own);
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

  /**
   * Whether this part fits, if all uploads of the session together may take `limit` bytes on disk. To make space, it removes
   * other uploads without a new part for a minute, the oldest first.
   */
  async hasRoom(first: number, length: number, limit: number): Promise<boolean> {
    const staged = await pMap(await partsIn(this.staging), (part) => this.look(part), { concurrency: LOOKS_AT_ONCE });
    const own = staged.filter(({ key }) => key === this.key);
    // A part that does not follow is refused, and needs no space.
    if (first > receivedOf(own)) return true;
    const others = staged.filter(({ key }) => key !== this.key);
    let needed = sizeOf(others) + Math.max(first + length, sizeOf(own));
    const resting = others
      .filter(({ changedAt }) => Date.now() - changedAt > RESTING_MS)
      .sort((one, other) => one.changedAt - other.changedAt);
    // No upload is removed for a part that would not fit anyway.
    if (needed - sizeOf(resting) > limit) return false;
    for (const { name, size } of resting) {
      if (needed <= limit) break;
      await discard(this.staging.file(name));
      needed -= size;
    }
    return true;
  }

  /** Its size on disk, which is more than its name states after a part that was cut off. */
  private async look(part: StagedPart) {
    const { size, mtimeMs } = await lstat(this.staging.file(part.name)).catch((thrown: unknown) => {
      if (hasErrno(thrown, 'ENOENT')) return { size: 0, mtimeMs: 0 };
      throw thrown;
    });
    return { ...part, size, changedAt: mtimeMs };
  }

  /** The path of what has arrived. */
  file(received: number): string {
    return this.staging.file(`${this.key}.${received}.part`);
  }
}

const sizeOf = (parts: { size: number }[]) => parts.reduce((sum, { size }) => sum + size, 0);

const receivedOf = (parts: StagedPart[]) => Math.max(0, ...parts.map(({ received }) => received));

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
