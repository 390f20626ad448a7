import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { chmod, mkdir, rename, rmdir } from 'node:fs/promises';
import { FileExistsError, FileNotFoundError, NotAFileError, WorkspaceFullError } from '../file-errors.ts';
import { orStagingError } from '../files/file-error.ts';
import type { StillHeld } from '../files/file-lock.ts';
import { OpenDirectory } from '../files/open-directory.ts';
import type { StagingDirectory } from '../files/staging-directory.ts';
import { withDirectory } from '../files/with-directory.ts';
import type { Quota, WorkspaceFiles } from '../workspace-files.ts';
import type { Workspace } from '../workspace-paths.ts';
import type { Workspaces } from '../workspaces.ts';
import { Deadline } from './deadline.ts';
import { place, replace, type Place } from './place-entry.ts';
import { Reservation } from './reservation.ts';
import { endsOf, withLocks, type End } from './transfer-ends.ts';
import { TreeCopy } from './tree-copy.ts';

const PRIVATE = 0o700;
/** A copy that takes longer is given up: a function has to answer before the gateway gives up (ms). */
const COPY_MS = 20_000;
/** For what comes after it: publishing, or throwing away. */
const AFTER_COPY_MS = 6_000;
/** How long a copy that failed is tidied; the sweep does the rest (ms). */
const TIDY_MS = 1_000;
/** The name of a copy in the directory in which it is staged. */
const WHOLE = 'whole';

/** From one path of a workspace to another. */
export interface Transfer {
  from: string;
  to: string;
  overwrite: boolean;
  quota: Quota;
}

/** Moves and copies within a workspace, under the rules of `WorkspaceFiles`. */
export class WorkspaceMoves {
  private readonly workspaces: Workspaces;
  private readonly files: WorkspaceFiles;
  private readonly copyMs: number;

  constructor(workspaces: Workspaces, files: WorkspaceFiles, copyMs = COPY_MS) {
    this.workspaces = workspaces;
    this.files = files;
    this.copyMs = copyMs;
  }

  /** A file, a link, a directory with all in it. Links move as links. */
  async move(session: Workspace, { from, to, overwrite, quota }: Transfer): Promise<void> {
    const ends = endsOf(from, to);
    const staging = this.files.stagingOf(session);
    await this.files.within(session, (top) => {
      const moved = (stillHeld?: StillHeld) =>
        inPlace(top, ends.from, async (source, found) => {
          await publish(top, source, found, ends.to, { overwrite, quota, stillHeld });
        });
      return withLocks(staging, [ends.from, ends.to], moved)
        .catch((thrown: unknown) => {
          // A lock takes room, which a move does not.
          if (thrown instanceof WorkspaceFullError) return moved();
          throw thrown;
        })
        .finally(() => staging.tidy());
    });
  }

  /**
   * The same for a copy, which is staged and appears as a whole or not at all. Throws a `FileTooLargeError` if it takes
   * longer than a request may.
   */
  async copy(session: Workspace, transfer: Transfer): Promise<void> {
    const ends = endsOf(transfer.from, transfer.to);
    const deadline = new Deadline(this.copyMs);
    const staging = this.files.stagingOf(session);
    const copied = (top: OpenDirectory) =>
      inPlace(top, ends.from, async (source, found) => {
        const replaced = await replacedBy(top, ends.to, transfer.overwrite);
        const reservation = new Reservation(transfer.quota, replaced);
        const holder = await this.newHolder(staging);
        let outcome: 'published' | 'failed' = 'failed';
        try {
          const whole = { directory: holder.directory, name: WHOLE };
          const links = this.files.linksInside(session, top);
          const mode = await new TreeCopy(holder.directory, reservation, deadline, links).copy(source, whole);
          const { overwrite, quota } = transfer;
          const publishing = { overwrite, quota, counted: reservation.freed };
          await withLocks(staging, [ends.to], async (stillHeld) => {
            deadline.check();
            await publishStaged(top, whole, found, ends.to, mode, { ...publishing, stillHeld });
          });
          outcome = 'published';
        } finally {
          await reservation.settle(outcome);
          await holder.directory.close();
          await this.removeHolder(session, holder.at);
        }
      }).finally(() => staging.tidy());
    await this.files.within(session, copied, this.copyMs + AFTER_COPY_MS);
  }

  /** A directory of ours for one copy. */
  private async newHolder(staging: StagingDirectory): Promise<{ at: string; directory: OpenDirectory }> {
    const at = staging.file(`${randomUUID()}.copy`);
    const made = staging.during(async () => {
      await mkdir(at, { mode: PRIVATE });
      await chmod(at, PRIVATE);
      return OpenDirectory.open(at);
    });
    return { at, directory: await orStagingError(made) };
  }

  /** In constant time, whatever is in it. What cannot be removed now goes with the uploads that rest. */
  private async removeHolder(session: Workspace, at: string): Promise<void> {
    if (await rmdir(at).then(...IS_DONE)) return;
    try {
      const trashed = await this.workspaces.newTrashName(session);
      await rename(at, this.workspaces.paths.trashed(trashed));
      await this.workspaces.removeFromTrash(trashed, AbortSignal.timeout(TIDY_MS));
    } catch {
      // A copy that failed says why; this is no second reason.
    }
  }
}

const IS_DONE = [() => true, () => false] as const;

interface Publishing {
  overwrite: boolean;
  quota: Quota;
  /** Bytes of what is replaced that have been counted already. */
  counted?: number;
  stillHeld?: StillHeld | undefined;
}

/** Names what is there; parents are made. */
async function publish(top: OpenDirectory, source: Place, found: BigIntStats, to: End, how: Publishing): Promise<void> {
  const { overwrite, quota, counted = 0, stillHeld } = how;
  if (to.mustBeDirectory && !found.isDirectory()) throw new NotAFileError('ends like that of a directory');
  await withDirectory(
    top,
    to.parents,
    (parent) =>
      parent.anew(async (directory) => {
        const target = { directory, name: to.name };
        await stillHeld?.();
        const replaced = overwrite ? await replace(source, target, found) : await placed(source, target, found);
        await quota.giveBack(replaced - counted);
      }),
    'make',
  );
}

async function placed(source: Place, target: Place, found: BigIntStats): Promise<number> {
  await place(source, target, found);
  return 0;
}

/** A directory must be writable to be moved to its place: it gets its mode there, by its descriptor. */
async function publishStaged(
  top: OpenDirectory,
  whole: Place,
  found: BigIntStats,
  to: End,
  mode: number,
  how: Publishing,
): Promise<void> {
  const staged = await orStagingError(whole.directory.look(whole.name));
  if (!staged) throw new FileNotFoundError();
  if (!staged.isDirectory() || mode === PRIVATE) return publish(top, whole, staged, to, how);
  const directory = await whole.directory.directory(whole.name);
  try {
    await publish(top, whole, staged, to, how);
    await chmod(directory.entry('.'), mode);
  } finally {
    await directory.close();
  }
}

/** Runs `work` with what is at the path, as the server has it, and the directory that it is in open. */
async function inPlace<T>(
  top: OpenDirectory,
  { parents, name, mustBeDirectory }: End,
  work: (source: Place, found: BigIntStats) => Promise<T>,
): Promise<T> {
  return withDirectory(top, parents, (parent) =>
    parent.anew(async (directory) => {
      const found = await directory.lookAnew(name);
      if (!found) throw new FileNotFoundError();
      if (mustBeDirectory && !found.isDirectory()) throw new NotAFileError('ends like that of a directory');
      return work({ directory, name }, found);
    }),
  );
}

/** Refuses before a copy what would be refused after it; gives the bytes of the file that will be replaced. */
async function replacedBy(top: OpenDirectory, { parents, name }: End, overwrite: boolean): Promise<number> {
  const look = (directory: OpenDirectory) => directory.lookAnew(name);
  // What is missing is made later, and what is in the way says so then.
  const there = await withDirectory(top, parents, look).catch(() => undefined);
  if (there && !overwrite) throw new FileExistsError();
  return there?.isFile() && there.nlink === 1n ? Number(there.size) : 0;
}
