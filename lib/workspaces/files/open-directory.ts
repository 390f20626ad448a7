import { constants, type BigIntStats, type Dirent } from 'node:fs';
import { link, lstat, mkdir, open, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NotAFileError, PathOutsideWorkspaceError } from '../file-errors.ts';
import { askAgainIn } from './ask-again.ts';
import { batchesOf } from './directory-batches.ts';
import { bytesOfName } from './encoded-path.ts';
import { hasErrno } from './errno.ts';
import { againIfStale } from './file-error.ts';
import { openChangeable } from './open-changeable.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Linux: a descriptor that only names what is there, which neither waits for it nor wakes it. */
const O_PATH = 0o10000000;
const IS_LINUX = process.platform === 'linux';
const PRIVATE = 0o700;

export type Name = string | Buffer;

/** Throws unless a file with several names, of which this is one, may be read. */
export interface LinkCheck {
  check(file: FileHandle, found: BigIntStats, parent: OpenDirectory, name: string): Promise<void>;
}

/**
 * A directory that is open, and what is right inside it. Everything is named through the descriptor, and no link is ever
 * followed: whatever is swapped, nothing outside can be reached. On systems other than Linux, which have no
 * names for descriptors, names are checked and then used.
 */
export class OpenDirectory {
  private readonly handle: FileHandle;
  private readonly at: string;

  private constructor(handle: FileHandle, path: Name) {
    this.handle = handle;
    this.at = IS_LINUX ? `/proc/self/fd/${handle.fd}` : path.toString();
  }

  /** By a path whose every part but the last is ours. */
  static async open(path: Name): Promise<OpenDirectory> {
    return new OpenDirectory(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK), path);
  }

  /** Works in the same directory, opened again: NFS then asks the server which names there are. */
  async anew<T>(work: (directory: OpenDirectory) => Promise<T>): Promise<T> {
    const opened = await OpenDirectory.open(IS_LINUX ? `${this.at}/.` : this.at);
    return work(opened).finally(() => opened.close());
  }

  /** The same for the same directory, wherever it is moved. */
  async id(): Promise<string> {
    const { dev, ino } = await this.handle.stat({ bigint: true });
    return `${dev}:${ino}`;
  }

  /** The path of an entry, as long as this is open. */
  entry(name: Name): Name {
    const named = typeof name === 'string' ? bytesOfName(name) : name;
    return typeof named === 'string' ? `${this.at}/${named}` : Buffer.concat([Buffer.from(`${this.at}/`), named]);
  }

  async directory(name: Name): Promise<OpenDirectory> {
    return this.explained(name, () => OpenDirectory.open(this.entry(name)));
  }

  private async explained<T>(name: Name, open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (thrown) {
      // Linux says ENOTDIR of a link as well.
      if (hasErrno(thrown, 'ENOTDIR', 'ELOOP') && (await this.look(name))?.isSymbolicLink()) throw linkOnTheWay();
      throw thrown;
    }
  }

  /** Mode 0700 whatever the umask; one that is there stays as it is. True: it was made now. */
  async makeDirectory(name: string): Promise<boolean> {
    try {
      await mkdir(this.entry(name), { mode: PRIVATE });
    } catch (thrown) {
      if (hasErrno(thrown, 'EEXIST')) return false;
      throw thrown;
    }
    await (await openChangeable(Buffer.from(this.entry(name)))).close();
    await this.sync();
    return true;
  }

  /** To be read: a regular file. One with several names (hard links) is refused, unless `links` lets it pass. */
  async file(name: string, links: LinkCheck = noLinks): Promise<FileHandle> {
    const file = await this.regularFile(name);
    try {
      const found = await file.stat({ bigint: true });
      if (found.nlink > 1n) await links.check(file, found, this, name);
      return file;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  /** A regular file with however many names, checked before it is opened: a FIFO is neither waited for nor woken. */
  async regularFile(name: Name): Promise<FileHandle> {
    if (!IS_LINUX) return checked(await open(this.entry(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const named = await checked(await open(this.entry(name), O_PATH | O_NOFOLLOW));
    try {
      return await open(`/proc/self/fd/${named.fd}`, O_RDONLY | O_NONBLOCK);
    } finally {
      await named.close();
    }
  }

  /** What is there under this name, links not followed. */
  async look(name: Name): Promise<BigIntStats | undefined> {
    try {
      return await lstat(this.entry(name), { bigint: true });
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOENT')) return undefined;
      throw thrown;
    }
  }

  /**
   * The same as the server has it, if this was opened just now: NFS has the attributes of a file in a cache too, until the
   * file itself is opened. Of one that its mode keeps closed they may be up to a minute old.
   */
  async lookAnew(name: Name): Promise<BigIntStats | undefined> {
    const found = await this.look(name);
    if (!found?.isFile()) return found;
    try {
      const file = await againIfStale(() => this.regularFile(name));
      return await file.stat({ bigint: true }).finally(() => file.close());
    } catch (thrown) {
      if (hasErrno(thrown, 'EACCES')) return found;
      if (hasErrno(thrown, 'ENOENT')) return undefined;
      throw thrown;
    }
  }

  /** What is in it, in no order of ours. */
  batches(): AsyncGenerator<Dirent<Buffer>[]> {
    return batchesOf(this.at);
  }

  /** Moves a file of ours in, in place of what has the name. */
  async receive(file: string, name: string): Promise<void> {
    await rename(file, this.entry(name));
    await this.sync();
  }

  /**
   * Gives a file of ours a name in here too. False: something has the name, which the server decides, whatever is cached.
   * The file has both names until its old one is removed.
   */
  async adopt(file: string, name: string): Promise<boolean> {
    try {
      await link(file, this.entry(name));
    } catch (thrown) {
      if (hasErrno(thrown, 'EEXIST')) return false;
      throw thrown;
    }
    await this.sync();
    return true;
  }

  /** Moves a directory out, to a place of ours. To be moved it must be writable. */
  async release(name: string, to: string): Promise<void> {
    await (await this.explained(name, () => openChangeable(Buffer.from(this.entry(name))))).close();
    await rename(this.entry(name), to);
    await this.sync();
  }

  async removeFile(name: string): Promise<void> {
    await unlink(this.entry(name));
    await this.sync();
  }

  async removeDirectory(name: string): Promise<void> {
    await rmdir(this.entry(name));
    await this.sync();
  }

  /** Whether the path, of an entry of a directory of ours, still leads here: as the server says, whatever is cached. */
  async isAt(path: string): Promise<boolean> {
    await askAgainIn(dirname(path));
    // NFS: stale once another host has removed it.
    const here = await unless(this.handle.stat({ bigint: true }), 'ESTALE');
    const there = await unless(lstat(path, { bigint: true }), 'ENOENT', 'ENOTDIR', 'ELOOP');
    return here !== undefined && there !== undefined && isSameFile(here, there);
  }

  /** Durable: what was moved in or out of it. */
  async sync(): Promise<void> {
    await this.handle.sync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Whether two names, or a name and a descriptor, are those of one file or directory. */
export const isSameFile = (one: BigIntStats, other: BigIntStats): boolean =>
  one.ino === other.ino && one.dev === other.dev;

/** What else goes wrong is no sign that something is gone. */
async function unless(look: Promise<BigIntStats>, ...codes: string[]): Promise<BigIntStats | undefined> {
  try {
    return await look;
  } catch (thrown) {
    if (hasErrno(thrown, ...codes)) return undefined;
    throw thrown;
  }
}

const linkOnTheWay = () => new PathOutsideWorkspaceError('leads through a symbolic link, which is not followed');

async function checked(handle: FileHandle): Promise<FileHandle> {
  try {
    refuseLinkOrOther(await handle.stat({ bigint: true }));
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** Where the names of a file are not counted, one of them may be outside. */
const noLinks: LinkCheck = {
  check: () => Promise.reject(new PathOutsideWorkspaceError('is that of a file with further names (hard links)')),
};

/** Refuses what is neither a file nor nothing. */
export function refuseLinkOrOther(stats: BigIntStats): void {
  if (stats.isSymbolicLink()) throw new PathOutsideWorkspaceError('is that of a symbolic link, which is not followed');
  if (stats.isDirectory()) throw new NotAFileError('is that of a directory');
  if (!stats.isFile()) throw new NotAFileError('is that of something that is no file');
}
