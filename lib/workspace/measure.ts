import type { Dirent } from 'node:fs';
import pMap from 'p-map';
import { hasErrno } from './errno.ts';
import { MAX_LEVELS } from './file-path.ts';
import type { OpenDirectory } from './open-directory.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { Workspace } from './workspaces.ts';

const AT_ONCE = 16;
const BATCH = 512;

/** How far a measurement is. Plain data, to be stored and gone on with by whoever comes next. */
export interface Measurement {
  bytes: number;
  files: number;
  /** The directory it is in and the last name counted there, in base64url: the walk goes by name, directories last. */
  directory: string[];
  name: string;
}

export const nothingMeasured: Measurement = { bytes: 0, files: 0, directory: [], name: '' };

/** Adds up the files of a workspace until done or `signal` aborts, from where an earlier step stopped. */
export async function measure(
  files: WorkspaceFiles,
  session: Workspace,
  from: Measurement,
  signal: AbortSignal,
): Promise<{ measurement: Measurement; complete: boolean }> {
  const walk = new Walk(from, signal);
  const complete = await files.within(session, (top) => walk.visit(top, []));
  return { measurement: walk.measurement, complete };
}

class Walk {
  measurement: Measurement;
  /** Where to go on; undefined once that is reached. */
  private resume: { directory: Buffer[]; name: Buffer } | undefined;
  private readonly signal: AbortSignal;

  constructor(from: Measurement, signal: AbortSignal) {
    this.measurement = from;
    this.resume = { directory: from.directory.map(decoded), name: decoded(from.name) };
    this.signal = signal;
  }

  /** False: the time was up. */
  async visit(directory: OpenDirectory, at: Buffer[]): Promise<boolean> {
    const entries = (await entriesOf(directory)).sort((one, other) => Buffer.compare(one.name, other.name));
    const level = at.length;
    const target = this.resume?.directory;
    const isOnTheWay = target !== undefined && target.length > level;
    if (!isOnTheWay && !(await this.count(directory, at, entries))) return false;
    const below = entries.filter((entry) => entry.isDirectory());
    for (const { name } of below) {
      const next = isOnTheWay ? (target[level] as Buffer) : undefined;
      if (next && Buffer.compare(name, next) < 0) continue;
      // What was to be gone on with is no longer there.
      if (next && Buffer.compare(name, next) > 0) this.resume = undefined;
      if (!(await this.visitBelow(directory, name, at))) return false;
    }
    if (isOnTheWay) this.resume = undefined;
    return true;
  }

  private async visitBelow(directory: OpenDirectory, name: Buffer, at: Buffer[]): Promise<boolean> {
    if (at.length + 1 >= MAX_LEVELS) return true;
    let below: OpenDirectory;
    try {
      below = await directory.directory(name);
    } catch {
      // Removed or swapped meanwhile, or closed to us by its agent.
      return true;
    }
    try {
      return await this.visit(below, [...at, name]);
    } finally {
      await below.close();
    }
  }

  private async count(directory: OpenDirectory, at: Buffer[], entries: Dirent<Buffer>[]): Promise<boolean> {
    const after = this.resume?.name;
    this.resume = undefined;
    const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    const left = after === undefined ? names : names.filter((name) => Buffer.compare(name, after) > 0);
    const place = at.map(encoded);
    if (left.length === 0) this.measurement = { ...this.measurement, directory: place, name: encoded(after) };
    for (let from = 0; from < left.length; from += BATCH) {
      if (this.signal.aborted) return false;
      const batch = left.slice(from, from + BATCH);
      const sizes = await pMap(batch, (name) => sizeOf(directory, name), { concurrency: AT_ONCE });
      const bytes = sizes.reduce((sum, size) => sum + size, this.measurement.bytes);
      const files = this.measurement.files + batch.length;
      this.measurement = { bytes, files, directory: place, name: encoded(batch.at(-1)) };
    }
    return !this.signal.aborted;
  }
}

async function entriesOf(directory: OpenDirectory): Promise<Dirent<Buffer>[]> {
  try {
    return await directory.list();
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT', 'EACCES', 'ESTALE')) return [];
    throw thrown;
  }
}

/** What cannot be looked at counts as nothing. */
async function sizeOf(directory: OpenDirectory, name: Buffer): Promise<number> {
  const found = await directory.look(name).catch(() => undefined);
  return found?.isFile() ? Number(found.size) : 0;
}

const encoded = (name: Buffer | undefined) => (name ?? Buffer.alloc(0)).toString('base64url');
const decoded = (name: string) => Buffer.from(name, 'base64url');
