import { orFileSystemBusy } from './files/file-error.ts';
import { exists, inTime, madeAtOrNow, moveIfThere, namesIn, statsOf, tidyUserDirectory } from './files/file-steps.ts';
import { newTrashName } from './new-trash-name.ts';
import type { WorkspacePaths } from './workspace-paths.ts';

/** Something in a user's directory, by the names that were found on disk: a workspace, or what has the place of one. */
export interface FoundDirectory {
  user: string;
  id: string;
}

/** What the directories of users hold, found by listing them. */
export class FoundDirectories {
  private readonly paths: WorkspacePaths;

  constructor(paths: WorkspacePaths) {
    this.paths = paths;
  }

  /** The directories of users that come after a name, in the order of names. */
  async users(after = ''): Promise<string[]> {
    const names = await inTime(() => namesIn(this.paths.root));
    return names.filter((name) => !name.startsWith('.') && name > after).sort();
  }

  /** What is in a user's directory, without what was changed in the last `freshMs`. */
  async of(user: string, freshMs: number): Promise<FoundDirectory[]> {
    return inTime(async () => {
      const names = await namesInDirectory(this.paths.found(user));
      const found = await Promise.all(
        names.map(async (id) => ({ id, at: await madeAtOrNow(this.paths.found(user, id)) })),
      );
      const old = found.filter(({ at }) => at === undefined || Date.now() - at.getTime() > freshMs);
      return old.map(({ id }) => ({ user, id }));
    });
  }

  async isThere({ user, id }: FoundDirectory): Promise<boolean> {
    return inTime(() => exists(this.paths.found(user, id)));
  }

  /** Into the trash. False: it is gone already. */
  async throwAway({ user, id }: FoundDirectory): Promise<boolean> {
    const place = this.paths.found(user, id);
    const thrownAway = inTime(async () => {
      if (!(await moveIfThere(place, this.paths.trashed(await newTrashName(this.paths, id))))) return false;
      await tidyUserDirectory(place);
      return true;
    });
    return orFileSystemBusy(thrownAway);
  }
}

/** What is no directory has nothing in it, and neither has a link: what it leads to is not ours to throw away. */
async function namesInDirectory(directory: string): Promise<string[]> {
  return (await statsOf(directory))?.isDirectory() ? namesIn(directory) : [];
}
