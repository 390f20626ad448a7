import { hasErrno } from '../files/errno.ts';
import { RootMarker } from './root-marker.ts';
import type { WorkspaceRootStore } from './workspace-root-store.ts';
import { WrongWorkspaceRootError } from './wrong-workspace-root-error.ts';

/**
 * Whether the workspace root is the one that the table's sessions have their directories in. Without this check a process
 * that is started in another directory makes workspaces that the others do not find, and its ends leave theirs behind.
 *
 * | marker | table      | then                                                            |
 * | ------ | ---------- | --------------------------------------------------------------- |
 * | none   | none       | both are written, the marker first: new, or from an older version |
 * | id     | none       | the table takes the id: the process that made the marker was interrupted |
 * | none   | id         | refused: another directory, or a file system that is new         |
 * | id     | id         | they must be equal                                               |
 */
export class RootCheck {
  private readonly root: string;
  private readonly marker: RootMarker;
  private readonly store: WorkspaceRootStore;
  private passing: Promise<void> | undefined;

  constructor(root: string, store: WorkspaceRootStore) {
    this.root = root;
    this.marker = new RootMarker(root);
    this.store = store;
  }

  /** Once in a process, if it passes. Throws a `WrongWorkspaceRootError`. */
  readonly pass = async (): Promise<void> => {
    this.passing ??= this.check();
    try {
      await this.passing;
    } catch (thrown) {
      this.passing = undefined;
      throw thrown;
    }
  };

  private async check(): Promise<void> {
    const [marked, stored] = await Promise.all([this.marker.read(), this.store.get()]);
    if (stored !== undefined) {
      if (marked !== stored.rootId) throw WrongWorkspaceRootError.of(this.root, marked, stored);
      return;
    }
    const rootId = marked ?? (await this.made());
    if (rootId === undefined) return;
    const first = await this.store.put({ rootId, path: this.root });
    if (first.rootId !== rootId) throw WrongWorkspaceRootError.of(this.root, rootId, first);
  }

  /** Nothing where there is no room for it: ends, which make room, must go on. The next process tries again. */
  private async made(): Promise<string | undefined> {
    try {
      return await this.marker.make();
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOSPC', 'EDQUOT')) return undefined;
      throw thrown;
    }
  }
}
