import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { validate as isUuid } from 'uuid';
import { hasErrno } from '../files/errno.ts';
import { inTime, makePrivate } from '../files/file-steps.ts';
import { WrongWorkspaceRootError } from './wrong-workspace-root-error.ts';

const NAME = '.root';

/** The file in a workspace root that says which root it is. */
export class RootMarker {
  readonly file: string;
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.file = path.join(root, NAME);
  }

  /** Undefined if there is no marker. Throws if the marker has no id, which must not be guessed. */
  async read(): Promise<string | undefined> {
    try {
      const id = (await inTime(() => readFile(this.file, 'utf8'))).trim();
      if (isUuid(id)) return id;
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOENT', 'ENOTDIR')) return undefined;
      throw thrown;
    }
    throw WrongWorkspaceRootError.ofDamage(this.file);
  }

  /** Gives the id that the root has afterwards: another process may be faster. */
  async make(): Promise<string> {
    await inTime(() => this.makeOnce());
    return (await this.read()) as string;
  }

  /** Complete on disk before it has its name: no process finds a part of it, also after a power cut. */
  private async makeOnce(): Promise<void> {
    await mkdir(path.dirname(this.root), { recursive: true });
    await makePrivate(this.root);
    const draft = `${this.file}.${randomUUID()}`;
    try {
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(`${randomUUID()}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await link(draft, this.file);
    } catch (thrown) {
      if (!hasErrno(thrown, 'EEXIST')) throw thrown;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  }
}
