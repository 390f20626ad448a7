import { constants, type BigIntStats, type Stats } from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

export type Fs = typeof FsPromises;
export type StatOptions = { bigint?: boolean } | undefined;

const { O_NOFOLLOW } = constants;
export const O_PATH = 0o10000000;
export const failed = (code: string) => Object.assign(new Error(`${code}: by the client of NFS`), { code });
export const codeOf = (thrown: unknown) => (thrown as { code?: string }).code;

/** What a client knows of a file or directory, which it names by a handle whatever its path has become. */
export interface Inode {
  handle: FileHandle;
  at: string;
  attributes: { plain: Stats; big: BigIntStats } | undefined;
  /** Of a directory: names that were looked up, and what they are, or that there are none. */
  names: Map<string, Inode | undefined>;
}

/** An open file or directory: what it is, and for a file where it was opened. */
export interface Opened {
  inode: Inode;
  parent?: Inode;
  name?: string;
}

/**
 * What a client of NFS knows, as old as NFS allows: names that were looked up are believed, whether they were there or not,
 * until their directory is opened; attributes until the file is opened.
 */
export class NfsCache {
  readonly opened = new Map<number, Opened>();
  private readonly real: Fs;
  private readonly root: string;
  private readonly known = new Map<string, Inode>();
  private top: Inode | undefined;

  constructor(real: Fs, root: string) {
    this.real = real;
    this.root = root;
  }

  async close(): Promise<void> {
    for (const { handle } of this.known.values()) await handle.close();
  }

  /** What Linux does before it looks a path up once more, since a directory on it is gone. */
  forget(at: string): void {
    let here = this.openedAt(at)?.inode ?? this.top;
    for (const name of this.namesIn(at)) {
      const next = here?.names.get(name);
      here?.names.delete(name);
      here = next;
    }
  }

  isMounted(at: string): boolean {
    return at.startsWith(this.root) || this.openedAt(at) !== undefined;
  }

  openedAt(at: string): Opened | undefined {
    const [, descriptor] = /^\/proc\/self\/fd\/(\d+)(\/|$)/.exec(at) ?? [];
    return this.opened.get(Number(descriptor));
  }

  namesIn(at: string): string[] {
    const rest = this.openedAt(at) ? at.replace(/^\/proc\/self\/fd\/\d+/, '') : at.slice(this.root.length);
    return rest.split('/').filter((name) => name !== '' && name !== '.');
  }

  async inodeAt(at: string, names = this.namesIn(at)): Promise<Inode> {
    this.top ??= await this.remember(await this.real.open(this.root, O_PATH));
    let here = this.openedAt(at)?.inode ?? this.top;
    for (const name of names) {
      const next = await this.look(here, name);
      if (!next) throw failed('ENOENT');
      here = next;
    }
    return here;
  }

  async entry(at: string): Promise<[Inode, string]> {
    const names = this.namesIn(at);
    const name = names.pop();
    if (name === undefined) throw failed('EBUSY');
    const parent = await this.inodeAt(at, names);
    await refuseRemoved(parent);
    return [parent, name];
  }

  /** By what is cached, else by what the server says. */
  async look(parent: Inode, name: string): Promise<Inode | undefined> {
    if (!parent.names.has(name)) {
      await refuseRemoved(parent);
      const found = await this.real.open(`${parent.at}/${name}`, O_PATH | O_NOFOLLOW).catch((thrown: unknown) => {
        if (codeOf(thrown) !== 'ENOENT') throw thrown;
        return undefined;
      });
      parent.names.set(name, found && (await this.remember(found)));
    }
    return parent.names.get(name);
  }

  async statOf(inode: Inode, options: StatOptions): Promise<Stats | BigIntStats> {
    const { plain, big } = inode.attributes ?? (await this.refreshed(inode));
    return options?.bigint ? big : plain;
  }

  /** A directory that is opened, which makes the client ask which names there are. */
  async openedDirectory(at: string): Promise<Inode> {
    const inode = await this.inodeAt(at);
    await refuseRemoved(inode);
    for (const [name, known] of [...inode.names]) {
      if (!(await this.isStill(inode, name, known))) inode.names.delete(name);
    }
    await this.refreshed(inode);
    return inode;
  }

  /** A file that is opened: by its name, so that the server finds out that it is another one. */
  async openedFile({ inode, parent, name = '' }: Opened): Promise<Inode> {
    if (parent && !(await this.isStill(parent, name, inode))) {
      parent.names.delete(name);
      throw failed('ESTALE');
    }
    await this.refreshed(inode);
    return inode;
  }

  private async isStill(parent: Inode, name: string, known: Inode | undefined): Promise<boolean> {
    const there = await this.real.lstat(`${parent.at}/${name}`, { bigint: true }).catch(() => undefined);
    return there?.ino === (known && (await known.handle.stat({ bigint: true })).ino);
  }

  /** With the attributes that the server sends along. */
  private async remember(handle: FileHandle): Promise<Inode> {
    const { dev, ino } = await handle.stat({ bigint: true });
    const key = `${dev}:${ino}`;
    const at = `/proc/self/fd/${handle.fd}`;
    const inode = this.known.get(key) ?? { handle, at, attributes: undefined, names: new Map<string, Inode>() };
    this.known.set(key, inode);
    if (inode.handle !== handle) await handle.close();
    await this.refreshed(inode);
    return inode;
  }

  private async refreshed(inode: Inode) {
    inode.attributes = { plain: await inode.handle.stat(), big: await inode.handle.stat({ bigint: true }) };
    return inode.attributes;
  }
}

async function refuseRemoved({ handle }: Inode): Promise<void> {
  if ((await handle.stat()).nlink === 0) throw failed('ESTALE');
}
