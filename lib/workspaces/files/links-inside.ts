import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from './errno.ts';
import { fileSystemBusy } from './file-error.ts';
import { LinkSearch, type SearchBounds } from './link-search.ts';
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
      if (attempt > ATTEMPTS) throw fileSystemBusy(new Error('the names of the file change again and again'));
      // Else a change could come after this with the time that the file has already.
      if (Math.abs(Date.now() - Number(found.ctimeMs)) < CLOCK_MS) await sleep(CLOCK_MS);
      const search = new LinkSearch(found, this.bounds);
      await search.at(parent, Buffer.from(name));
      await this.searchStaged(search);
      await search.in(this.top);
      const now = await statAgain(file);
      if (now.nlink === found.nlink && now.ctimeNs === found.ctimeNs) return search.refuseUnlessAll();
      found = now;
    }
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
