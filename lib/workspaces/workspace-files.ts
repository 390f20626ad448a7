import type { FileHandle } from 'node:fs/promises';
import pTimeout from 'p-timeout';
import { ContentionError, SessionNotFoundError } from '../errors.ts';
import { FileNotFoundError, FileTooLargeError, PreconditionFailedError, WorkspaceFullError } from './file-errors.ts';
import {
  areAny,
  checkConditions,
  type Conditions,
  type FileInfo,
  type FileStat,
  type ReadConditions,
} from './files/entity-tag.ts';
import { MAX_TRANSFER_BYTES, readContent, readStat, type ByteRange, type FileContent } from './files/file-content.ts';
import { againIfStale, orFileSystemBusy, orStagingError, toFileError } from './files/file-error.ts';
import { withFileLock, type StillHeld } from './files/file-lock.ts';
import { fileNames } from './files/file-path.ts';
import type { SearchBounds } from './files/link-search.ts';
import { LinksInside } from './files/links-inside.ts';
import { refuseLinkOrOther, type OpenDirectory } from './files/open-directory.ts';
import { publishStaged, type Publication } from './files/publish.ts';
import { discard, stage, StagedParts } from './files/staged-file.ts';
import { StagingDirectory } from './files/staging-directory.ts';
import { withDirectory } from './files/with-directory.ts';
import type { Workspace } from './workspace-paths.ts';
import type { Workspaces } from './workspaces.ts';

/** A file system that does not answer must not use up the whole call. */
const OPERATION_MS = 15_000;
/** Errors of an operation whose workspace is moved away and emptied at the same time, among others. */
const MAY_BE_GONE = [FileNotFoundError, ContentionError, PreconditionFailedError];

/** A part of a file: where it begins, and which upload it belongs to. */
export interface Part {
  first: number;
  total: number;
  uploadId: string;
}

/** The file is whole and in its place, or parts of it are still to come. */
export type WriteOutcome = ({ existed: boolean } & FileInfo) | { received: number; total: number };

/** How much may be written. Bytes may be negative, which always fit. */
export interface Quota {
  /** For what is still arriving; 0 = unlimited. */
  limit: number;
  /** Throws a `WorkspaceFullError` if so many more do not fit. */
  check(bytes: number): Promise<void>;
  /** The same, and counts them. */
  take(bytes: number): Promise<void>;
  /** Counts back what was not written after all. Never throws. */
  giveBack(bytes: number): Promise<void>;
}

interface Write extends Publication {
  path: string;
  quota: Quota;
}

/** The files of workspaces. A path never leaves its workspace, whatever is at work there. */
export class WorkspaceFiles {
  private readonly workspaces: Workspaces;
  private readonly linkBounds: SearchBounds | undefined;

  constructor(workspaces: Workspaces, linkBounds?: SearchBounds) {
    this.workspaces = workspaces;
    this.linkBounds = linkBounds;
  }

  async read(
    session: Workspace,
    path: string,
    ranges?: readonly ByteRange[],
    conditions: ReadConditions = {},
  ): Promise<FileContent> {
    return this.opening(session, path, (file) => readContent(file, ranges, conditions));
  }

  /** Of what can be read, all but the content: for everything else it throws what a read would. */
  async stat(session: Workspace, path: string, conditions: Conditions = {}): Promise<FileStat & { unmodified?: true }> {
    return this.opening(session, path, (file) => readStat(file, conditions));
  }

  /** Replaces the file as a whole: others find the old content or the new, also after a crash at any point. */
  async write(session: Workspace, content: Buffer, write: Write): Promise<WriteOutcome> {
    checkTransfer(write.path, content);
    const staging = this.stagingOf(session);
    return this.within(session, async (top) => {
      await write.quota.check(content.length - (await sizeAt(top, write.path)));
      const file = await orStagingError(stage(staging, content));
      try {
        return await publish(top, staging, file, write);
      } finally {
        await discard(file);
        await staging.tidy();
      }
    });
  }

  /** The file is in its place when all of it has arrived; until then it is nowhere. No bytes: only asks. */
  async writePart(session: Workspace, bytes: Buffer, part: Part, write: Write): Promise<WriteOutcome> {
    checkTransfer(write.path, bytes);
    const staging = this.stagingOf(session);
    const { limit } = write.quota;
    return this.within(session, async (top) => {
      await write.quota.check(part.total - (await sizeAt(top, write.path)));
      const upload = { ...part, path: lockNameOf(write.path) };
      const parts = new StagedParts(staging, upload);
      // Where there is a limit, all uploads of the session count together. The slash: no file has a lock of that name.
      const name = limit > 0 ? '/uploads' : `/upload ${upload.path} ${upload.total} ${upload.uploadId}`;
      return withFileLock(staging, name, async (stillHeld) => {
        // A caller who sends gigabytes gets the refusal before them.
        if (part.first === 0 && bytes.length > 0) await checkBeforehand(top, write);
        const isCounted = limit > 0 && bytes.length > 0;
        if (isCounted && !(await orStagingError(parts.hasRoom(part.first, bytes.length, limit))))
          throw new WorkspaceFullError({ limit });
        const received = await orStagingError(parts.append(part.first, bytes, stillHeld));
        if (received < part.total) return { received, total: part.total };
        return publish(top, staging, parts.file(received), write);
      }).finally(() => staging.tidy());
    });
  }

  /** Also what cannot be read: links, of which only the name goes, and what is no file. */
  async remove(session: Workspace, { path, conditions, quota }: Write): Promise<void> {
    const { parents, name } = fileNames(path);
    const staging = this.stagingOf(session);
    await this.within(session, (top) =>
      withDirectory(top, parents, (parent) => {
        const removed = (stillHeld?: StillHeld) =>
          parent.anew(async (opened) => {
            const found = await opened.lookAnew(name);
            if (!found) throw new FileNotFoundError();
            checkConditions(conditions, found);
            await stillHeld?.();
            await opened.removeFile(name);
            if (found.isFile()) await quota.take(-Number(found.size));
          });
        return withFileLock(staging, lockNameOf(path), removed).catch((thrown: unknown) => {
          // A lock takes room, which a removal makes. Without conditions it need not be the file that was looked at.
          if (!(thrown instanceof WorkspaceFullError) || areAny(conditions)) throw thrown;
          return removed();
        });
      }).finally(() => staging.tidy()),
    );
  }

  /**
   * Runs `work` below the session's directory, which is opened once: what is made is made there, wherever it has been
   * moved meanwhile. That it goes well means that the workspace was in its place to the end.
   */
  async within<T>(session: Workspace, work: (top: OpenDirectory) => Promise<T>, ms = OPERATION_MS): Promise<T> {
    const message = `The file system did not answer within ${ms} ms.`;
    return pTimeout(this.opened(session, work), { milliseconds: ms, message }).catch((thrown: unknown) => {
      throw toFileError(thrown);
    });
  }

  /** What reads alone, and is done once more where another host has replaced what it had open. */
  async reading<T>(session: Workspace, work: (top: OpenDirectory) => Promise<T>): Promise<T> {
    return againIfStale(() => this.within(session, work));
  }

  private async opening<T>(session: Workspace, path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const { parents, name } = fileNames(path);
    return this.reading(session, (top) =>
      withDirectory(top, parents, async (parent) => {
        const file = await this.readable(session, top, parent, name);
        return work(file).finally(() => file.close());
      }),
    );
  }

  /** A file below the session's directory, open to be read. All readers open it here: hard links may lead outside. */
  readable(session: Workspace, top: OpenDirectory, parent: OpenDirectory, name: string): Promise<FileHandle> {
    return parent.file(name, this.linksInside(session, top));
  }

  linksInside(session: Workspace, top: OpenDirectory): LinksInside {
    return new LinksInside(top, this.stagingOf(session), this.linkBounds);
  }

  stagingOf({ id }: Workspace): StagingDirectory {
    return new StagingDirectory(this.workspaces.paths.uploadsOf(id));
  }

  private async opened<T>(session: Workspace, work: (top: OpenDirectory) => Promise<T>): Promise<T> {
    const top = await orFileSystemBusy(this.workspaces.open(session));
    if (!top) throw new SessionNotFoundError();
    const isThere = () => orFileSystemBusy(top.isAt(this.workspaces.pathOf(session)));
    try {
      const result = await work(top);
      if (!(await isThere())) throw new SessionNotFoundError();
      return result;
    } catch (thrown) {
      const error = toFileError(thrown);
      const mayBeGone = MAY_BE_GONE.some((kind) => error instanceof kind);
      throw mayBeGone && !(await isThere()) ? new SessionNotFoundError() : error;
    } finally {
      await top.close();
    }
  }
}

/** One for all the ways in which a path can be written. */
function lockNameOf(path: string): string {
  const { parents, name } = fileNames(path);
  return [...parents, name].join('/');
}

function checkTransfer(path: string, bytes: Buffer): void {
  fileNames(path);
  if (bytes.length > MAX_TRANSFER_BYTES) throw new FileTooLargeError(bytes.length, MAX_TRANSFER_BYTES);
}

/** What would be replaced, as far as can be told beforehand. */
async function sizeAt(top: OpenDirectory, path: string): Promise<number> {
  const { parents, name } = fileNames(path);
  const look = async (parent: OpenDirectory) => Number((await parent.look(name))?.size ?? 0);
  return withDirectory(top, parents, look).catch(() => 0);
}

/** Throws if what is there now may not be replaced. It is looked at once more when it is. */
async function checkBeforehand(top: OpenDirectory, { path, conditions }: Write): Promise<void> {
  if (!areAny(conditions)) return;
  const { parents, name } = fileNames(path);
  const found = await withDirectory(top, parents, (parent) => parent.lookAnew(name)).catch((thrown: unknown) => {
    if (!(toFileError(thrown) instanceof FileNotFoundError)) throw thrown;
  });
  if (found) refuseLinkOrOther(found);
  checkConditions(conditions, found ?? undefined);
}

/** Moves a file that is whole to its place; nobody is in between looking at what it replaces and replacing it. */
async function publish(top: OpenDirectory, staging: StagingDirectory, file: string, write: Write) {
  const { parents, name } = fileNames(write.path);
  const into = (parent: OpenDirectory) =>
    withFileLock(staging, lockNameOf(write.path), (stillHeld) =>
      parent.anew((opened) => publishStaged(opened, name, file, write, stillHeld)),
    );
  if (write.conditions.ifMatch === undefined) return withDirectory(top, parents, into, 'make');
  return withDirectory(top, parents, into).catch((thrown: unknown) => {
    throw toFileError(thrown) instanceof FileNotFoundError ? new PreconditionFailedError() : thrown;
  });
}
