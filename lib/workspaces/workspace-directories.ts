import { ValidationError } from '../errors.ts';
import { entriesOf, firstNames, markClosed, type DirectoryEntry } from './files/directory-entry.ts';
import { bufferOfName, pathOfEncoded, percentEncoded } from './files/encoded-path.ts';
import { directoryNames } from './files/file-path.ts';
import type { OpenDirectory } from './files/open-directory.ts';
import { TreePage, type TreeBounds } from './files/tree-page.ts';
import { withDirectory } from './files/with-directory.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { Workspace } from './workspace-paths.ts';
import type { Workspaces } from './workspaces.ts';

export interface DirectoryPage {
  entries: DirectoryEntry[];
  /** Opaque; there may be more entries behind it. */
  nextCursor?: string;
}

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

  /**
   * By name, in the order of its bytes. With a `depth`, what is below too: each directory, then what is in it; such a page
   * may have fewer entries than `limit`.
   */
  async list(
    session: Workspace,
    directory: string,
    limit: number,
    cursor?: string,
    depth?: number,
  ): Promise<DirectoryPage> {
    const names = directoryNames(directory);
    const list = (opened: OpenDirectory) =>
      depth === undefined ? page(opened, limit, cursor) : treePage(opened, names, { limit, depth }, cursor);
    return this.files.reading(session, (top) => withDirectory(top, names, list));
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

async function page(directory: OpenDirectory, limit: number, cursor: string | undefined): Promise<DirectoryPage> {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url');
  const behind = await firstNames(directory, limit + 1, after);
  const shown = behind.slice(0, limit);
  const found = await entriesOf(directory, shown);
  await markClosed(directory, found);
  const last = shown.at(-1);
  return {
    entries: found.map(({ entry }) => entry),
    ...(last && behind.length > limit && { nextCursor: last.toString('base64url') }),
  };
}

async function treePage(
  directory: OpenDirectory,
  names: readonly string[],
  bounds: TreeBounds,
  cursor: string | undefined,
): Promise<DirectoryPage> {
  const page = new TreePage(names.map(bufferOfName), bounds);
  const isFull = await page.visit(directory, [], cursor === undefined ? [] : positionOf(cursor));
  return { entries: page.entries, ...(isFull && { nextCursor: page.position.toString('base64url') }) };
}

/** The names of an entry, as a cursor has them. They lead from directory to directory: no other than those of a path do. */
function positionOf(cursor: string): Buffer[] {
  try {
    const path = percentEncoded(Buffer.from(cursor, 'base64url'));
    return directoryNames(pathOfEncoded(path, 'cursor')).map(bufferOfName);
  } catch {
    throw ValidationError.at('cursor', 'must be one that was answered');
  }
}
