import { lstat, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from './files/errno.ts';
import { fileSystemBusy, orFileSystemBusy, toFileError } from './files/file-error.ts';
import {
  exists,
  inTime,
  madeAt,
  madeAtOrNow,
  makeAll,
  makePrivate,
  moveIfThere,
  namesIn,
  removedAsEmpty,
  removedAsFile,
  tidyUserDirectory,
} from './files/file-steps.ts';
import { FoundDirectories } from './found-directories.ts';
import { isClosed, madeChangeable } from './files/open-changeable.ts';
import { OpenDirectory } from './files/open-directory.ts';
import { removeTree } from './files/remove-tree.ts';
import { newTrashName } from './new-trash-name.ts';
import { isTrashAside, WorkspacePaths, type Workspace } from './workspace-paths.ts';

/** How often the user's directory can be tidied away under a create before that is an error. */
const MOVE_ATTEMPTS = 10;

export interface PendingWorkspace {
  sessionId: string;
  madeAt: Date;
}

/**
 * The directories of sessions. Each is staged in `.pending`, published when its session is recorded, and moved to the trash
 * when the session ends:
 *
 *   .pending/<id> ── publish ──▶ <user>/<id> ── moveToTrash ──▶ .trash/<id>.<random> ── removeFromTrash ──▶ (none)
 *
 * Each step is one rename. Any process can repeat it; it does nothing if another process was first.
 */
export class Workspaces {
  readonly paths: WorkspacePaths;
  /** As they are on disk, whatever the table says. */
  readonly found: FoundDirectories;

  /** Passes if the root is the table's. It comes before each first step in a root. */
  readonly checkRoot: () => Promise<void>;

  constructor(root: string, checkRoot: () => Promise<void> = async () => undefined) {
    this.checkRoot = checkRoot;
    this.paths = new WorkspacePaths(root);
    this.found = new FoundDirectories(this.paths);
  }

  /** The absolute path that callers receive. */
  pathOf(session: Workspace): string {
    return this.paths.placeOf(session);
  }

  /**
   * Stages the directory in `.pending`, with mode 0700 whatever the umask. Makes the trash before the first one: so an end
   * needs no free space later.
   */
  async prepare(sessionId: string): Promise<void> {
    await this.checkRoot();
    await inTime(async () => {
      const pending = this.paths.pendingOf(sessionId);
      try {
        await makePrivate(pending);
      } catch (thrown) {
        if (!hasErrno(thrown, 'ENOENT', 'EACCES')) throw thrown;
        await makeAll(this.paths.trash);
        await makeAll(this.paths.pending);
        await makePrivate(pending);
      }
    });
  }

  /** Removes the directory of a session that was refused. One that cannot be removed is left to the sweep. */
  async discard(sessionId: string): Promise<void> {
    await inTime(() => rmdir(this.paths.pendingOf(sessionId))).catch(() => undefined);
  }

  /** Moves the directory to its place, if it is not there already. False: it is neither there nor in `.pending`. */
  async publish(session: Workspace): Promise<boolean> {
    await this.checkRoot();
    return inTime(async () => {
      const place = this.pathOf(session);
      const pending = this.paths.pendingOf(session.id);
      // Most users have a directory already.
      if (await moveIfThere(pending, place)) return true;
      for (let attempt = 1; attempt <= MOVE_ATTEMPTS; attempt++) {
        await makePrivate(path.dirname(place));
        if (await moveIfThere(pending, place)) return true;
        if (await exists(place)) return true;
        // Still in `.pending`: the user's directory was removed between the two calls. Else another process was faster.
        if (!(await exists(pending))) break;
      }
      if (await exists(place)) return true;
      await tidyUserDirectory(place);
      return false;
    });
  }

  /** The session's directory, published first if a crash interrupted its create. Nothing: there is none, in `.pending` neither. */
  async open(session: Workspace): Promise<OpenDirectory | undefined> {
    await this.checkRoot();
    const place = this.pathOf(session);
    const there = await openIfThere(place);
    if (there) return there;
    return (await this.publish(session)) ? openIfThere(place) : undefined;
  }

  /**
   * Moves the directory to the trash, wherever it is, in constant time whatever its size; returns its name there. The place
   * is tried twice, because a create may publish the directory between the first try and the second.
   */
  async moveToTrash(session: Workspace): Promise<string | undefined> {
    await this.checkRoot();
    const retired = inTime(async () => {
      const place = this.pathOf(session);
      const name = await newTrashName(this.paths, session.id);
      for (const from of [place, this.paths.pendingOf(session.id), place]) {
        if (await moveIfThere(from, this.paths.trashed(name))) {
          await tidyUserDirectory(place);
          return name;
        }
      }
      // Then what is in the way is the trash itself.
      if (await exists(place)) throw fileSystemBusy(undefined);
      return undefined;
    });
    return orFileSystemBusy(retired);
  }

  /** Moves incomplete uploads to the trash. */
  async discardUploads(sessionId: string): Promise<void> {
    await this.throwAway(this.paths.uploadsOf(sessionId), sessionId);
  }

  /** For a directory of a workspace that is removed. */
  async newTrashName({ id }: Workspace): Promise<string> {
    return orFileSystemBusy(inTime(() => newTrashName(this.paths, id)));
  }

  /** Moves to the trash a directory that was staged for a session that was never recorded. */
  async discardAbandoned(sessionId: string): Promise<void> {
    await this.throwAway(this.paths.pendingOf(sessionId), sessionId);
  }

  /** Directories that are staged and not published yet. */
  async listPending(): Promise<PendingWorkspace[]> {
    return inTime(async () => {
      const found = await Promise.all(
        (await namesIn(this.paths.pending)).map(async (sessionId) => ({
          sessionId,
          madeAt: isTrashAside(sessionId) ? undefined : await madeAtOrNow(this.paths.pendingOf(sessionId)),
        })),
      );
      return found.filter((pending): pending is PendingWorkspace => pending.madeAt !== undefined);
    });
  }

  /** Whether it is at its place or in `.pending`. The place is checked twice, because a create may publish it in between. */
  async isThere(session: Workspace): Promise<boolean> {
    const places = [this.pathOf(session), this.paths.pendingOf(session.id), this.pathOf(session)];
    for (const place of places) if (await inTime(() => exists(place))) return true;
    return false;
  }

  async listTrash(): Promise<string[]> {
    return inTime(async () => [
      ...(await namesIn(this.paths.trash)),
      ...(await namesIn(this.paths.pending)).filter(isTrashAside),
    ]);
  }

  /** Removes one entry of the trash until done or `signal` aborts; gives whether it is gone. */
  async removeFromTrash(name: string, signal: AbortSignal): Promise<boolean> {
    const trashed = this.paths.trashed(name);
    return (await removeTree(trashed, signal)) || (!signal.aborted && (await removedAsFile(trashed)));
  }

  /** Removes one entry of the trash if there is nothing in it, in one step; gives whether it is gone. */
  async removeEmptyFromTrash(name: string): Promise<boolean> {
    return inTime(() => removedAsEmpty(this.paths.trashed(name)));
  }

  /** Sessions with incomplete uploads. */
  async listUploads(): Promise<string[]> {
    return inTime(() => namesIn(this.paths.uploads));
  }

  /** Removes uploads without a new part for so long (ms). */
  async tidyUploads(sessionId: string, olderThanMs: number): Promise<void> {
    await inTime(async () => {
      const uploads = this.paths.uploadsOf(sessionId);
      await madeChangeable(uploads);
      const failures: unknown[] = [];
      for (const name of await namesIn(uploads)) {
        const file = path.join(uploads, name);
        await this.tidyUpload(file, sessionId, olderThanMs).catch((thrown: unknown) => failures.push(thrown));
      }
      await removedAsEmpty(uploads);
      if (failures.length > 0) throw failures[0];
    });
  }

  /** A copy that a crash has cut off is a directory. */
  private async tidyUpload(file: string, sessionId: string, olderThanMs: number): Promise<void> {
    const changedAt = await madeAt(file);
    if (!changedAt || Date.now() - changedAt.getTime() <= olderThanMs) return;
    if (!(await removedAsFile(file))) await this.throwAway(file, sessionId);
  }

  private async throwAway(from: string, sessionId: string): Promise<void> {
    await inTime(async () => {
      await moveIfThere(from, this.paths.trashed(await newTrashName(this.paths, sessionId)));
    });
  }
}

async function openIfThere(place: string): Promise<OpenDirectory | undefined> {
  try {
    return await inTime(
      () => openInUserDirectory(place),
      (late) => late.close(),
    );
  } catch (thrown) {
    // Something else in its place is the agent's work: there is no workspace to work in.
    if (hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    // So is a mode that keeps us out: it will be there the next time too.
    if (hasErrno(thrown, 'EACCES') && isClosed(await lstat(place))) throw toFileError(thrown);
    throw thrown;
  }
}

/** The user's directory is ours: it is opened where it is closed, as it is for a move. */
async function openInUserDirectory(place: string): Promise<OpenDirectory> {
  try {
    return await OpenDirectory.open(place);
  } catch (thrown) {
    if (!hasErrno(thrown, 'EACCES') || !(await madeChangeable(path.dirname(place)))) throw thrown;
    return OpenDirectory.open(place);
  }
}
