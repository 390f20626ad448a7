import { constants, type BigIntStats } from 'node:fs';
import { chmod, link, mkdir, open, readlink, symlink, unlink, type FileHandle } from 'node:fs/promises';
import pMap from 'p-map';
import { ValidationError } from '../../errors.ts';
import { FileNotFoundError, NotAFileError } from '../file-errors.ts';
import { hasErrno } from '../files/errno.ts';
import { againIfStale, orStagingError } from '../files/file-error.ts';
import { MAX_LEVELS } from '../files/file-path.ts';
import type { LinksInside } from '../files/links-inside.ts';
import type { OpenDirectory } from '../files/open-directory.ts';
import type { Deadline } from './deadline.ts';
import type { Place } from './place-entry.ts';
import type { Reservation } from './reservation.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const PRIVATE_FILE = 0o600;
const PRIVATE = 0o700;
/** Without the set-id bits: a copy runs as its own user. */
const FILE_MODE = 0o777n;
/** Those and the sticky bit. */
const DIRECTORY_MODE = 0o1777n;
const AT_ONCE = 8;
const CHUNK = 1024 * 1024;

/** A file with several names, as it was when it was copied. */
interface ManyNames {
  stats: BigIntStats;
  copy: Promise<void>;
}

/**
 * Copies whatever is at a place to a staged one: files with their content and mode, links as links, directories with what is
 * in them. Names of one file are names of one copy. Throws, and then leaves a part behind, if something is neither, or is
 * closed, or has names outside the workspace, or the deadline is over.
 */
export class TreeCopy {
  private readonly holder: OpenDirectory;
  private readonly reservation: Reservation;
  private readonly deadline: Deadline;
  private readonly links: LinksInside;
  private readonly several = new Map<string, ManyNames>();

  /** `holder`: the staged directory, for what belongs to no single place. */
  constructor(holder: OpenDirectory, reservation: Reservation, deadline: Deadline, links: LinksInside) {
    this.holder = holder;
    this.reservation = reservation;
    this.deadline = deadline;
    this.links = links;
  }

  /** Gives the mode that the copy of a directory is to have once it is in its place: until then it must be writable. */
  async copy(from: Place, to: Place): Promise<number> {
    const mode = await this.copyEntry(from, to, 1);
    await this.checkNames(from);
    for (const key of this.several.keys()) await orStagingError(unlink(this.holder.entry(key)));
    return mode;
  }

  /** In one search, and first in what was copied: there most of them are. */
  private async checkNames({ directory, name }: Place): Promise<void> {
    const files = [...this.several.values()].map(({ stats }) => stats);
    await this.links.checkAll(files, async (search) => {
      this.deadline.check();
      await search.skip(this.holder);
      await search.at(directory, name);
      await search.below(directory, name);
    });
  }

  private async copyEntry(from: Place, to: Place, level: number): Promise<number> {
    this.deadline.check();
    const found = await from.directory.look(from.name);
    if (!found) throw new FileNotFoundError();
    if (found.isDirectory()) {
      await this.copyDirectory(from, to, level);
      return Number(found.mode & DIRECTORY_MODE);
    }
    if (found.isSymbolicLink()) await copyLink(from, to);
    else if (found.isFile()) await this.copyFile(from, to);
    else
      throw new NotAFileError(
        'is that of something, or leads to something, that cannot be copied (FIFO, socket, device)',
      );
    return PRIVATE;
  }

  private async copyDirectory(from: Place, to: Place, level: number): Promise<void> {
    if (level > MAX_LEVELS) throw ValidationError.at('from', `has more than ${MAX_LEVELS} levels below it`);
    const source = await from.directory.directory(from.name);
    try {
      const copy = await orStagingError(madeIn(to));
      try {
        await this.copyEntries(source, copy, level);
        await orStagingError(copy.sync());
      } finally {
        await copy.close();
      }
    } finally {
      await source.close();
    }
  }

  /** Files several at once, directories one by one. All are waited for, also if one fails: they use both descriptors. */
  private async copyEntries(source: OpenDirectory, copy: OpenDirectory, level: number): Promise<void> {
    const failures: unknown[] = [];
    const one = async (name: Buffer) => {
      if (failures.length > 0) return;
      const to = { directory: copy, name };
      const mode = await this.copyEntry({ directory: source, name }, to, level + 1);
      if (mode !== PRIVATE) await orStagingError(chmod(copy.entry(name), mode));
    };
    const noting = (work: Promise<void>) =>
      work.catch((thrown: unknown) => {
        // The agent has removed it since it was listed.
        if (!(thrown instanceof FileNotFoundError || hasErrno(thrown, 'ENOENT'))) failures.push(thrown);
      });
    for await (const entries of source.batches()) {
      const files = entries.filter((entry) => !entry.isDirectory());
      await pMap(files, ({ name }) => noting(one(name)), { concurrency: AT_ONCE });
      for (const entry of entries) if (entry.isDirectory()) await noting(one(entry.name));
      if (failures.length > 0) throw failures[0];
    }
  }

  private async copyFile(from: Place, to: Place): Promise<void> {
    const source = await againIfStale(() => from.directory.regularFile(from.name));
    try {
      const stats = await source.stat({ bigint: true });
      if (stats.nlink === 1n) return await this.copyContent(source, stats, to);
      const key = `${stats.dev}-${stats.ino}`;
      const known = this.several.get(key) ?? {
        stats,
        copy: this.copyContent(source, stats, { directory: this.holder, name: key }),
      };
      this.several.set(key, known);
      await known.copy;
      await orStagingError(link(this.holder.entry(key), to.directory.entry(to.name)));
    } finally {
      await source.close();
    }
  }

  private async copyContent(source: FileHandle, stats: BigIntStats, to: Place): Promise<void> {
    const copy = await orStagingError(
      open(to.directory.entry(to.name), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, PRIVATE_FILE),
    );
    try {
      await this.transfer(source, copy, Number(stats.size));
      await orStagingError(copy.chmod(Number(stats.mode & FILE_MODE)));
      await orStagingError(copy.sync());
    } finally {
      await copy.close();
    }
  }

  /** As many bytes as the file had when it was opened, or fewer if it is shortened: one that grows would have no end. */
  private async transfer(source: FileHandle, copy: FileHandle, size: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
    for (let done = 0; done < size;) {
      this.deadline.check();
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - done), done);
      if (bytesRead === 0) return;
      await this.reservation.use(bytesRead);
      for (let written = 0; written < bytesRead;) {
        const rest = copy.write(buffer, written, bytesRead - written, done + written);
        written += (await orStagingError(rest)).bytesWritten;
      }
      done += bytesRead;
    }
  }
}

async function copyLink(from: Place, to: Place): Promise<void> {
  const target = await readlink(from.directory.entry(from.name), { encoding: 'buffer' });
  await orStagingError(symlink(target, to.directory.entry(to.name)));
}

async function madeIn({ directory, name }: Place): Promise<OpenDirectory> {
  await mkdir(directory.entry(name), { mode: PRIVATE });
  await chmod(directory.entry(name), PRIVATE);
  return directory.directory(name);
}
