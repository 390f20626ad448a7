import { AsyncLocalStorage } from 'node:async_hooks';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { codeOf, failed, NfsCache, O_PATH, type Fs, type Opened, type StatOptions } from './nfs-cache.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const TWO_PATHS = new Set(['rename', 'link']);
const current = new AsyncLocalStorage<NfsClient>();

type Call = (at: string, ...rest: never[]) => Promise<unknown>;

/**
 * One of several hosts that have mounted a directory by NFS, each with a cache of its own. Whether something is made, moved or
 * removed is decided by the server, except where the client believes that it knows.
 */
export class NfsClient {
  /** What happens elsewhere before a call on a path, and after it, with what it came to. */
  before: (call: string, path: string) => Promise<void> | void = () => undefined;
  after: (call: string, path: string, code: string | undefined) => void = () => undefined;
  private readonly real: Fs;
  private readonly cache: NfsCache;

  constructor(real: Fs, root: string) {
    this.real = real;
    this.cache = new NfsCache(real, root);
  }

  /** `node:fs/promises`, as jest puts it in its place: on a host its client of NFS, elsewhere the server's own files. */
  static module(real: Fs): object {
    const calls = Object.entries(real).filter(([name, call]) => typeof call === 'function' && name !== 'watch');
    const ours = calls.map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        const client = current.getStore();
        return client ? client.call(name, args) : (call as (...all: unknown[]) => unknown)(...args);
      },
    ]);
    const module = { ...real, ...(Object.fromEntries(ours) as object) };
    return { ...module, default: module };
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return current.run(this, work);
  }

  /** Before this call is made for the first time, something else happens elsewhere. */
  onceBefore(call: string, at: RegExp, work: (path: string) => Promise<unknown>): void {
    this.before = async (name, place) => {
      if (name !== call || !at.test(place)) return;
      this.before = () => undefined;
      await work(place);
    };
  }

  close(): Promise<void> {
    return this.cache.close();
  }

  private async call(name: string, args: unknown[]): Promise<unknown> {
    const paths = args.slice(0, TWO_PATHS.has(name) ? 2 : 1).map(String);
    const [at = ''] = paths;
    const call = (this.cache.isMounted(at) ? this.calls : this.real)[name as keyof Fs] as
      ((...all: unknown[]) => Promise<unknown>) | undefined;
    if (!call) throw new Error(`the client of NFS does not know ${name}`);
    const called = () => call(...paths, ...args.slice(paths.length));
    let code: string | undefined;
    await current.exit(async () => this.before(name, at));
    try {
      return await called().catch((thrown: unknown) => {
        if (codeOf(thrown) !== 'ESTALE') throw thrown;
        for (const path of paths) this.cache.forget(path);
        return called();
      });
    } catch (thrown) {
      code = codeOf(thrown);
      throw thrown;
    } finally {
      this.after(name, at, code);
    }
  }

  private readonly calls: Record<string, Call | undefined> = {
    lstat: async (at, options: StatOptions) => this.cache.statOf(await this.cache.inodeAt(at), options),
    stat: async (at, options: StatOptions) => this.cache.statOf(await this.cache.inodeAt(at), options),
    open: (at, flags: string | number, mode?: number) => this.open(at, flags, mode),
    readFile: async (at, options: 'utf8') => {
      const file = await this.open(at, 0);
      return file.readFile(options).finally(() => file.close());
    },
    writeFile: async (at, content: string, options: { flag: string; mode: number }) => {
      const file = await this.open(at, options.flag, options.mode);
      return file.writeFile(content).finally(() => file.close());
    },
    readdir: async (at, options: never) => this.real.readdir((await this.cache.openedDirectory(at)).at, options),
    opendir: async (at, options: never) => this.real.opendir((await this.cache.openedDirectory(at)).at, options),
    mkdir: (at, options: never) => this.make(at, (place) => this.real.mkdir(place, options)),
    link: async (at, to: string) => {
      const [from, source] = await this.cache.entry(at);
      const inode = await this.cache.look(from, source);
      if (!inode) throw failed('ENOENT');
      await this.make(to, (place) => this.real.link(`${from.at}/${source}`, place));
      inode.attributes = undefined;
    },
    rename: async (at, to: string) => {
      const [[from, source], [into, target]] = [await this.cache.entry(at), await this.cache.entry(to)];
      const moved = await this.cache.look(from, source);
      if (!moved) throw failed('ENOENT');
      await this.real.rename(`${from.at}/${source}`, `${into.at}/${target}`);
      from.names.set(source, undefined);
      into.names.set(target, moved);
    },
    unlink: (at) => this.remove(at, (place) => this.real.unlink(place)),
    rmdir: (at) => this.remove(at, (place) => this.real.rmdir(place)),
    chmod: async (at, mode: number) => {
      const inode = await this.cache.inodeAt(at);
      await this.real.chmod(inode.at, mode);
      inode.attributes = undefined;
    },
  };

  private async open(at: string, flags: string | number, mode?: number): Promise<FileHandle> {
    const { cache, real } = this;
    const bits = flags === 'wx' ? O_CREAT | O_EXCL | O_WRONLY : Number(flags);
    const isPath = (bits & O_PATH) !== 0;
    const opened = cache.openedAt(at);
    if (cache.namesIn(at).length === 0 && opened?.parent) {
      const { at: place } = await cache.openedFile(opened);
      return this.handed(await real.open(place, bits), opened);
    }
    if (cache.namesIn(at).length === 0 || (bits & O_DIRECTORY && !isPath)) {
      const inode = await cache.openedDirectory(at);
      return this.handed(await real.open(inode.at, bits & ~O_NOFOLLOW), { inode });
    }
    const [parent, name] = await cache.entry(at);
    if (!isPath && !(bits & O_CREAT) && parent.names.has(name) && !parent.names.get(name)) throw failed('ENOENT');
    // What is opened to be read or written is asked for by its name.
    if (!isPath) parent.names.delete(name);
    const made = bits & O_CREAT ? await real.open(`${parent.at}/${name}`, bits, mode) : undefined;
    const inode = await cache.look(parent, name);
    if (!inode) throw failed('ENOENT');
    const file = made ?? (await real.open(isPath ? inode.at : `${parent.at}/${name}`, isPath ? O_PATH : bits));
    return this.handed(file, { inode, parent, name });
  }

  private handed(handle: FileHandle, opened: Opened): FileHandle {
    const { inode } = opened;
    this.cache.opened.set(handle.fd, opened);
    const changing = (name: 'chmod' | 'write' | 'writeFile') => {
      const call = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => call(...args).finally(() => (inode.attributes = undefined));
    };
    const own: Record<string, unknown> = {
      stat: (options: StatOptions) => this.cache.statOf(inode, options),
      chmod: changing('chmod'),
      write: changing('write'),
      writeFile: changing('writeFile'),
      close: () => {
        this.cache.opened.delete(handle.fd);
        return handle.close();
      },
    };
    return new Proxy(handle, {
      get(target, property) {
        const value: unknown = own[String(property)] ?? Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Refused without a question where the client has it that something is there; after a refusal it knows nothing. */
  private async make<T>(at: string, make: (place: string) => Promise<T>): Promise<T> {
    const [parent, name] = await this.cache.entry(at);
    if (parent.names.get(name)) throw failed('EEXIST');
    return make(`${parent.at}/${name}`).finally(() => parent.names.delete(name));
  }

  private async remove(at: string, remove: (place: string) => Promise<void>): Promise<void> {
    const [parent, name] = await this.cache.entry(at);
    if (!(await this.cache.look(parent, name))) throw failed('ENOENT');
    await remove(`${parent.at}/${name}`);
    parent.names.set(name, undefined);
  }
}
