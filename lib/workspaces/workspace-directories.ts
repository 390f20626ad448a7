import type { BigIntStats } from 'node:fs';
import pMap from 'p-map';
import { ValidationError } from '../errors.ts';
import { directoryNames } from './files/file-path.ts';
import { FirstNames } from './files/first-names.ts';
import type { OpenDirectory } from './files/open-directory.ts';
import { withDirectory } from './files/with-directory.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { Workspace } from './workspace-paths.ts';
import type { Workspaces } from './workspaces.ts';

export interface DirectoryEntry {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes of a file; 0 of everything else. */
  size: number;
  modifiedAt: string;
}

export interface DirectoryPage {
  entries: DirectoryEntry[];
  /** Opaque; there may be more entries behind it. */
  nextCursor?: string;
}

const AT_ONCE = 16;
/** How long a removal goes on with what it has moved to the trash; the sweep does the rest (ms). */
const TIDY_MS = 1_000;

/** The directories of workspaces, under the rules of `WorkspaceFiles`. */
export class WorkspaceDirectories {
  private readonly workspaces: Workspaces;
  private readonly files: WorkspaceFiles;

  constructor(workspaces: Workspaces, files: WorkspaceFiles) {
    this.workspaces = workspaces;
    this.files = files;
  }

  /** By name, in the order of its bytes. Names that are not UTF-8 are shown as near as can be. */
  async list(session: Workspace, directory: string, limit: number, cursor?: string): Promise<DirectoryPage> {
    const names = directoryNames(directory);
    const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url');
    return this.files.reading(session, (top) => withDirectory(top, names, (opened) => page(opened, limit, after)));
  }

  /** With all that is missing above it. True: it was there. */
  async make(session: Workspace, directory: string): Promise<boolean> {
    const parents = directoryNames(directory);
    const name = parents.pop();
    return this.files.within(session, async (top) => {
      if (name === undefined) return true;
      return withDirectory(top, parents, (parent) => made(parent, name), 'make');
    });
  }

  /** With what is in it only if `recursive`: then it is gone from its path immediately, whatever its size. */
  async remove(session: Workspace, directory: string, recursive: boolean): Promise<void> {
    const parents = directoryNames(directory);
    const name = parents.pop();
    if (name === undefined) throw ValidationError.at('path', 'must not be that of the workspace itself');
    const trashed = recursive && (await this.workspaces.newTrashName(session));
    await this.files.within(session, (top) =>
      withDirectory(top, parents, async (parent) => {
        if (trashed) return parent.release(name, this.workspaces.paths.trashed(trashed));
        // Says what is there instead.
        await (await parent.directory(name)).close();
        await parent.removeDirectory(name);
      }),
    );
    if (trashed) await this.workspaces.removeFromTrash(trashed, AbortSignal.timeout(TIDY_MS)).catch(() => undefined);
  }
}

async function made(parent: OpenDirectory, name: string): Promise<boolean> {
  const isNew = await parent.makeDirectory(name);
  // What is there may be something else.
  if (!isNew) await (await parent.directory(name)).close();
  return !isNew;
}

async function page(directory: OpenDirectory, limit: number, after: Buffer | undefined): Promise<DirectoryPage> {
  const first = new FirstNames(limit + 1);
  for await (const entries of directory.batches()) {
    for (const { name } of entries) if (!after || Buffer.compare(name, after) > 0) first.add(name);
  }
  const behind = first.sorted();
  const shown = behind.slice(0, limit);
  // All are waited for, also if one fails: until then the descriptor is in use.
  const looked = await pMap(shown, async (name) => (await Promise.allSettled([directory.look(name)]))[0], {
    concurrency: AT_ONCE,
  });
  const entries = looked.map((look, index) => {
    if (look.status === 'rejected') throw look.reason;
    return entryOf(shown[index] as Buffer, look.value);
  });
  const last = shown.at(-1);
  return {
    // Entries that were removed in the meantime are left out.
    entries: entries.filter((entry): entry is DirectoryEntry => entry !== undefined),
    ...(last && behind.length > limit && { nextCursor: last.toString('base64url') }),
  };
}

function entryOf(name: Buffer, stats: BigIntStats | undefined): DirectoryEntry | undefined {
  if (!stats) return undefined;
  const type = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'symlink'
        : 'other';
  const size = stats.isFile() ? Number(stats.size) : 0;
  return { name: name.toString('utf8'), type, size, modifiedAt: stats.mtime.toISOString() };
}
