import { chmod, mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from './errno.ts';
import { madeChangeable } from './open-changeable.ts';

const PRIVATE = 0o700;
/** How often another process may remove the directory during an operation before that is an error. */
const ATTEMPTS = 20;

/**
 * A session's directory in `.uploads`: on the file system of its workspace, and not part of it. It exists while it is needed.
 */
export class StagingDirectory {
  readonly at: string;

  constructor(at: string) {
    this.at = at;
  }

  file(name: string): string {
    return path.join(this.at, name);
  }

  /** Does what needs the directory, which is made if that finds none. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        if (attempt === ATTEMPTS) throw thrown;
        if (hasErrno(thrown, 'ENOENT')) await this.make();
        else if (!hasErrno(thrown, 'EACCES') || !(await this.madeChangeable())) throw thrown;
      }
    }
  }

  /** Away, if there is nothing in it. */
  async tidy(): Promise<void> {
    await rmdir(this.at).catch(() => undefined);
  }

  /** Where a crash came between making one of them and its mode. */
  private async madeChangeable(): Promise<boolean> {
    const isAboveChanged = await madeChangeable(path.dirname(this.at));
    return (await madeChangeable(this.at)) || isAboveChanged;
  }

  private async make(): Promise<void> {
    for (const directory of [path.dirname(this.at), this.at]) {
      const isNew = await mkdir(directory, { mode: PRIVATE }).then(
        () => true,
        (thrown: unknown) => {
          if (hasErrno(thrown, 'EEXIST', 'ENOENT')) return false;
          throw thrown;
        },
      );
      // Whatever the umask.
      if (isNew) await chmod(directory, PRIVATE).catch(() => undefined);
    }
  }
}
