import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SessionManagerError } from '../../lib/errors.ts';
import { OneWorkspace } from './one-workspace.ts';

export const SECRET = 'the secret of another session';

/** A workspace with files and directories, and one beside it that nothing in it may reach. */
export class TwoWorkspaces {
  readonly own: OneWorkspace;
  readonly outside: string;
  private copies = 0;

  private constructor(own: OneWorkspace, outside: string) {
    this.own = own;
    this.outside = outside;
  }

  static async make(): Promise<TwoWorkspaces> {
    const own = await OneWorkspace.make();
    const outside = path.join(own.root, 'eve', 'other');
    await mkdir(path.join(outside, 'inner', 'deep'), { recursive: true });
    await writeFile(path.join(outside, 'secret'), SECRET);
    await writeFile(path.join(outside, 'inner', 'secret'), SECRET);
    await mkdir(own.at('dir', 'sub'), { recursive: true });
    await writeFile(own.at('file'), 'own');
    await writeFile(own.at('dir', 'file'), 'own');
    return new TwoWorkspaces(own, outside);
  }

  close(): Promise<void> {
    return this.own.close();
  }

  /** What is outside, with names, kinds, links and contents. */
  async picture(): Promise<string[]> {
    const found = await readdir(this.outside, { recursive: true, withFileTypes: true });
    const lines = found.map(async (entry) => {
      const at = path.join(entry.parentPath, entry.name);
      const { mode, nlink, mtimeMs } = await stat(at);
      return [at, mode, entry.isFile() && [nlink, mtimeMs, await readFile(at, 'utf8')]].join();
    });
    return (await Promise.all(lines)).sort();
  }

  /** Tries every operation at a path; gives the codes that it is refused with, or `done`. */
  async tryAll(at: string): Promise<Record<string, string>> {
    const { own } = this;
    const { files, directories, session } = own;
    const attempts: Record<string, () => Promise<unknown>> = {
      read: async () => {
        const read = await files.read(session, at);
        if ('bytes' in read && read.bytes.includes('secret')) throw new Error('read outside');
      },
      write: () => own.write(at, 'changed'),
      list: async () => {
        const { entries } = await directories.list(session, at, 100);
        if (entries.some(({ name }) => name === 'secret')) throw new Error('listed outside');
      },
      make: () => directories.make(session, at),
      listTree: async () => {
        const { entries } = await directories.list(session, at, 100, undefined, 9);
        if (entries.some(({ name }) => name === 'secret')) throw new Error('listed outside');
      },
      copyFrom: async () => {
        const to = `copied-${this.copies++}`;
        await own.copy(at, to);
        const copy = await lstat(own.at(to));
        if (copy.isDirectory() || (copy.isFile() && (await readFile(own.at(to), 'utf8')).includes('secret')))
          throw new Error('copied outside');
      },
      copyTo: () => own.copy('file', at),
      remove: () => own.remove(at),
      removeDirectory: () => directories.remove(session, at, false),
      removeTree: () => directories.remove(session, at, true),
      moveFrom: () => own.move(at, `moved-${this.copies++}`),
      copyOver: () => own.copy('file', at, true),
      moveOver: async () => {
        const from = `spare-${this.copies++}`;
        await own.copy('file', from).catch(() => undefined);
        await own.move(from, at, true);
      },
    };
    const codes: Record<string, string> = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      codes[name] = await attempt().then(
        () => 'done',
        (thrown: unknown) => {
          if (thrown instanceof SessionManagerError) return thrown.code;
          throw thrown;
        },
      );
    }
    return codes;
  }
}
