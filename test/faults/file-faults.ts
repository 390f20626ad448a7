import type * as FsPromises from 'node:fs/promises';
import type { Chance } from './chance.ts';

type Fs = typeof FsPromises;

/** What each call can meet on a network file system that is full, busy, out of order, or changed by others. */
const FAULTS = {
  mkdir: ['EIO', 'ENOSPC', 'ESTALE', 'EACCES'],
  rename: ['EIO', 'ENOSPC', 'EBUSY', 'ENOTEMPTY', 'ESTALE', 'EACCES'],
  link: ['EIO', 'ENOSPC', 'ESTALE', 'EACCES'],
  rmdir: ['EIO', 'EBUSY', 'ENOTEMPTY', 'ESTALE', 'EACCES'],
  unlink: ['EIO', 'EBUSY', 'ESTALE', 'EACCES'],
  open: ['EIO', 'ENOSPC', 'ESTALE', 'EACCES'],
  opendir: ['EIO', 'ESTALE', 'EACCES'],
  readdir: ['EIO', 'ESTALE', 'EACCES'],
  writeFile: ['EIO', 'ENOSPC', 'ESTALE', 'EACCES'],
  readFile: ['EIO', 'ESTALE', 'EACCES'],
  stat: ['EIO', 'ESTALE', 'EACCES'],
  lstat: ['EIO', 'ESTALE', 'EACCES'],
  chmod: ['EIO', 'ESTALE', 'EACCES'],
} as const satisfies Partial<Record<keyof Fs, readonly string[]>>;

/** Of a file that is open. */
const HANDLE_FAULTS = {
  writeFile: ['EIO', 'ENOSPC', 'ESTALE'],
  appendFile: ['EIO', 'ENOSPC', 'ESTALE'],
  write: ['EIO', 'ENOSPC', 'ESTALE'],
  read: ['EIO', 'ESTALE'],
  sync: ['EIO', 'ENOSPC', 'ESTALE'],
} as const;

/** Stands in for `node:fs/promises`: real calls, some of which fail instead, below `root` and while the rate is above 0. */
export class FileFaults {
  readonly counts: Record<string, number> = {};
  private rate = 0;
  private chance: Chance | undefined;
  private root = '';
  private once: { call: string; at: string | RegExp; code: string; times: number } | undefined;

  begin(root: string, rate: number, chance: Chance): void {
    Object.assign(this, { root, rate, chance });
  }

  end(): void {
    this.rate = 0;
  }

  /** The next such calls at this path, and no others, fail. */
  failNext(call: string, at: string | RegExp, code: string, times = 1): void {
    this.once = { call, at, code, times };
  }

  /** As jest puts it in the place of the module. */
  module(real: Fs): object {
    const names = Object.keys(FAULTS) as (keyof typeof FAULTS)[];
    const faulty = Object.fromEntries(
      names.map((name) => [
        name,
        async (at: unknown, ...rest: unknown[]) => {
          this.failIfNext(name, at);
          if (this.isMeant(at))
            this.maybeFail(name, [at, ...rest].some(isAgents) ? FAULTS[name].filter(isNoMode) : FAULTS[name]);
          const result: unknown = await (real[name] as (...args: unknown[]) => Promise<unknown>)(at, ...rest);
          return name === 'open' ? this.faultyHandle(result as FsPromises.FileHandle, at) : result;
        },
      ]),
    );
    const module = { ...real, ...faulty };
    return { ...module, default: module };
  }

  private faultyHandle(handle: FsPromises.FileHandle, at: unknown): FsPromises.FileHandle {
    for (const [name, codes] of Object.entries(HANDLE_FAULTS)) {
      const real = (handle as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name];
      Object.assign(handle, {
        [name]: async (...args: unknown[]) => {
          this.failIfNext(name, at);
          if (this.isMeant(at)) this.maybeFail(name, codes);
          return real?.apply(handle, args);
        },
      });
    }
    return handle;
  }

  private isMeant(at: unknown): boolean {
    return this.rate > 0 && (String(at).startsWith(this.root) || isAgents(at));
  }

  private failIfNext(call: string, at: unknown): void {
    const { once } = this;
    if (once?.call !== call || once.times === 0) return;
    if (typeof once.at === 'string' ? once.at !== String(at) : !once.at.test(String(at))) return;
    once.times--;
    throw injected(once.code, call);
  }

  private maybeFail(call: string, codes: readonly string[]): void {
    const { chance, rate } = this;
    if (!chance || chance.next() >= rate) return;
    const code = chance.oneOf(codes);
    this.counts[code] = (this.counts[code] ?? 0) + 1;
    throw injected(code, call);
  }
}

/** Below a directory of an agent, which alone sets the modes there. */
const isAgents = (at: unknown) => String(at).startsWith('/proc/self/fd/');
const isNoMode = (code: string) => code !== 'EACCES';

const injected = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
