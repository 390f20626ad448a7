import path from 'node:path';

/** The workspaces of the table are elsewhere. For operators: callers see no path. */
export class WrongWorkspaceRootError extends Error {
  override readonly name = 'WrongWorkspaceRootError';

  static of(root: string, id: string | undefined, table: { rootId: string; path: string }): WrongWorkspaceRootError {
    const own = id === undefined ? 'has no marker' : `is ${id}`;
    return new WrongWorkspaceRootError(
      `The workspaces of this table are in the workspace root ${table.rootId} (${table.path} when it was first used), and ` +
        `${root} ${own}: set WORKSPACE_ROOT to that root, or TABLE_NAME to the table of ${root}; if those workspaces are ` +
        `lost, write ${table.rootId} into ${path.join(root, '.root')}.`,
    );
  }

  static ofDamage(file: string): WrongWorkspaceRootError {
    return new WrongWorkspaceRootError(
      `${file} does not say which workspace root this is: write the id that the table has under WORKSPACE-ROOT into it.`,
    );
  }
}
