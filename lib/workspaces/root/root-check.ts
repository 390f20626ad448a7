import { hasErrno } from '../files/errno.ts';
import { RootMarker } from './root-marker.ts';
import type { WorkspaceRootStore } from './workspace-root-store.ts';
import { WrongWorkspaceRootError } from './wrong-workspace-root-error.ts';

/**
 * Checks that the workspace root is the one with the directories of the table's sessions. Without this check, a process that
 * is started in another directory makes workspaces that other processes do not find, and leaves theirs behind when it ends sessions.
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

  /** Reads marker and table once in a process, until it has passed. Throws a `WrongWorkspaceRootError`. */
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
      // The marker is written first: one that was missing may have been made before the table's item was read.
      const found = marked ?? (await this.marker.read());
      if (found !== stored.rootId) throw WrongWorkspaceRootError.of(this.root, found, stored);
      return;
    }
    const rootId = marked ?? (await this.made());
    if (rootId === undefined) return;
    const first = await this.store.put({ rootId, path: this.root });
    if (first.rootId !== rootId) throw WrongWorkspaceRootError.of(this.root, rootId, first);
  }

  /** Undefined where the disk is full: sessions must still end, which frees space. The next process tries again. */
  private async made(): Promise<string | undefined> {
    try {
      return await this.marker.make();
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOSPC', 'EDQUOT')) return undefined;
      throw thrown;
    }
  }
}
