import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from './errno.ts';
import { fileSystemBusy } from './file-error.ts';
import { isUnchanged, LinkSearch, type SearchBounds } from './link-search.ts';
import { OpenDirectory, type LinkCheck } from './open-directory.ts';
import type { StagingDirectory } from './staging-directory.ts';

const { O_NONBLOCK, O_RDONLY } = constants;
/** Two changes in less than this (ms) may have the same time. */
const CLOCK_MS = 50;
/** How often the names of a file may change during the search before that is an error. */
const ATTEMPTS = 5;

/**
 * Lets files pass whose names (hard links) are all in one workspace. One that has more names than are found there may be
 * another session's. The names are also looked for where the session's files are staged: a file that must be new is in both
 * places for a moment.
 */
export class LinksInside implements LinkCheck {
  private readonly top: OpenDirectory;
  private readonly staging: StagingDirectory;
  private readonly bounds: SearchBounds | undefined;

  constructor(top: OpenDirectory, staging: StagingDirectory, bounds?: SearchBounds) {
    this.top = top;
    this.staging = staging;
    this.bounds = bounds;
  }

  /**
   * A name that is moved during the search could be found twice. So a name counts once for each directory, however that has
   * moved, and the search counts only if the file has not changed from before it to after it: Linux notes each rename and
   * each link in the time of its last change.
   */
  async check(file: FileHandle, opened: BigIntStats, parent: OpenDirectory, name: string): Promise<void> {
    let found = opened;
    for (let attempt = 1; found.nlink > 1n; attempt++) {
      const search = await this.searched([found], attempt, (begun) => begun.at(parent, name));
      const now = await statAgain(file);
      if (isUnchanged(found, now) && search.changed.length === 0) return search.refuseUnlessAll();
      found = now;
    }
  }

  /**
   * The same for many files in one search, as they were when they were opened. It counts only names at which the file has
   * not changed since: if all of them are found, there was no other from before the search to the last of them.
   */
  async checkAll(files: readonly BigIntStats[], begin: (search: LinkSearch) => Promise<void>): Promise<void> {
    let left = files;
    for (let attempt = 1; left.length > 0; attempt++) {
      const search = await this.searched(left, attempt, begin);
      search.refuseUnlessAll();
      left = search.changed.filter(({ nlink }) => nlink > 1n);
    }
  }

  /** `begin`: searches where the names are likely. */
  private async searched(
    files: readonly BigIntStats[],
    attempt: number,
    begin: (search: LinkSearch) => Promise<void>,
  ): Promise<LinkSearch> {
    if (attempt > ATTEMPTS) throw fileSystemBusy(new Error('the names of the file change again and again'));
    // Else a change could come after this with the time that the file has already.
    if (files.some(({ ctimeMs }) => Math.abs(Date.now() - Number(ctimeMs)) < CLOCK_MS)) await sleep(CLOCK_MS);
    const search = new LinkSearch(files, this.bounds);
    await begin(search);
    await this.searchStaged(search);
    await search.in(this.top);
    return search;
  }

  private async searchStaged(search: LinkSearch): Promise<void> {
    const staged = await OpenDirectory.open(this.staging.at).catch((thrown: unknown) => {
      if (!hasErrno(thrown, 'ENOENT', 'EACCES')) throw thrown;
    });
    if (staged) await search.in(staged).finally(() => staged.close());
  }
}

/** NFS requests the attributes of a file when it is opened. */
async function statAgain(file: FileHandle): Promise<BigIntStats> {
  if (process.platform !== 'linux') return file.stat({ bigint: true });
  const again = await open(`/proc/self/fd/${file.fd}`, O_RDONLY | O_NONBLOCK);
  return again.stat({ bigint: true }).finally(() => again.close());
}
