import pMap from 'p-map';
import { PathOutsideWorkspaceError } from './file-errors.ts';
import { isClosedBy } from './files/directory-entry.ts';
import { hasErrno } from './files/errno.ts';
import { MAX_LEVELS } from './files/file-path.ts';
import { FirstNames } from './files/first-names.ts';
import type { OpenDirectory } from './files/open-directory.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { Workspace } from './workspace-paths.ts';

const AT_ONCE = 16;
/** Files that are looked at before the time is. */
const BATCH = 512;

/** The progress of a measurement. Plain data: any process can store it and continue from it. */
export interface Measurement {
  bytes: number;
  files: number;
  /** The directory it is in and the last name counted there, in base64url: the walk goes by name, directories last. */
  directory: string[];
  name: string;
  /** Entries and directories that could not be measured: closed by the agent, or too deep. */
  unreadable?: number;
}

export const nothingMeasured: Measurement = { bytes: 0, files: 0, directory: [], name: '' };

/**
 * How many names of a directory are kept at the same time; one with more is listed again for the next ones. Directories are kept
 * at each level of the walk, files at one.
 */
export interface KeptNames {
  files: number;
  directories: number;
}

const KEPT: KeptNames = { files: 32_768, directories: 2_048 };

/**
 * Adds up the files of a workspace until done or `signal` aborts, from where an earlier step stopped. Each step comes
 * further, also where listing one directory takes longer than the step may.
 */
export async function measure(
  files: WorkspaceFiles,
  session: Workspace,
  from: Measurement,
  signal: AbortSignal,
  kept = KEPT,
): Promise<{ measurement: Measurement; complete: boolean }> {
  const walk = new Walk(from, signal, kept);
  const complete = await files.within(session, (top) => walk.visit(top, []));
  return { measurement: walk.measurement, complete };
}

type Wanted = (name: Buffer) => boolean;
const all: Wanted = () => true;
const none: Wanted = () => false;
const behind = (last: Buffer | undefined): Wanted => (last ? (name) => Buffer.compare(name, last) > 0 : none);

class Walk {
  measurement: Measurement;
  /** Where to go on; undefined once that is reached. */
  private resume: { directory: Buffer[]; name: Buffer } | undefined;
  private readonly signal: AbortSignal;
  private readonly kept: KeptNames;

  constructor(from: Measurement, signal: AbortSignal, kept: KeptNames) {
    this.measurement = from;
    this.resume = { directory: from.directory.map(decoded), name: decoded(from.name) };
    this.signal = signal;
    this.kept = kept;
  }

  /** False: the time was up. */
  async visit(directory: OpenDirectory, at: Buffer[]): Promise<boolean> {
    const wayOn = this.resume?.directory[at.length];
    const counted = this.resume?.name;
    if (wayOn === undefined) this.resume = undefined;
    const isWanted = wayOn === undefined ? (counted ? behind(counted) : all) : none;
    const first = await this.names(directory, isWanted, (name) => !wayOn || Buffer.compare(name, wayOn) >= 0);
    return (await this.countAll(directory, at, first.files)) && this.visitAll(directory, at, first.directories, wayOn);
  }

  private async countAll(directory: OpenDirectory, at: Buffer[], first: Buffer[]): Promise<boolean> {
    for (let names = first; ;) {
      if (!(await this.count(directory, at, names))) return false;
      if (names.length < this.kept.files) return true;
      names = (await this.names(directory, behind(names.at(-1)), none)).files;
    }
  }

  private async visitAll(
    directory: OpenDirectory,
    at: Buffer[],
    first: Buffer[],
    wayOn: Buffer | undefined,
  ): Promise<boolean> {
    for (let names = first; ;) {
      for (const name of names) {
        // What was to be gone on with is no longer there.
        if (wayOn && !name.equals(wayOn)) this.resume = undefined;
        if (!(await this.visitBelow(directory, [...at, name]))) return false;
      }
      if (wayOn) this.resume = undefined;
      if (names.length < this.kept.directories) return true;
      names = (await this.names(directory, none, behind(names.at(-1)))).directories;
    }
  }

  private async visitBelow(directory: OpenDirectory, at: Buffer[]): Promise<boolean> {
    if (at.length >= MAX_LEVELS) return this.passOver();
    if (!this.resume && !this.goesOn({ directory: at.map(encoded), name: '' })) return false;
    const below = await openedBelow(directory, at.at(-1) as Buffer);
    if (below === 'closed') return this.passOver();
    if (!below) return true;
    try {
      return await this.visit(below, at);
    } finally {
      await below.close();
    }
  }

  private async count(directory: OpenDirectory, at: Buffer[], names: Buffer[]): Promise<boolean> {
    const place = at.map(encoded);
    for (let from = 0; from < names.length; from += BATCH) {
      const batch = names.slice(from, from + BATCH);
      const sizes = await pMap(batch, (name) => sizeOf(directory, name), { concurrency: AT_ONCE });
      const bytes = sizes.reduce((sum: number, size) => sum + (size ?? 0), this.measurement.bytes);
      const files = this.measurement.files + batch.length;
      const closed = sizes.filter((size) => size === undefined).length;
      const hasTime = this.goesOn({
        bytes,
        files,
        directory: place,
        name: encoded(batch.at(-1)),
        ...this.more(closed),
      });
      // The look at a large directory was long: it is used.
      if (!hasTime && from + BATCH >= Math.min(names.length, this.kept.files / 4)) return false;
    }
    return true;
  }

  /** What cannot be measured is counted, and no reason to stop. */
  private passOver(): true {
    this.measurement = { ...this.measurement, ...this.more(1) };
    return true;
  }

  private more(closed: number): Pick<Measurement, 'unreadable'> {
    const unreadable = (this.measurement.unreadable ?? 0) + closed;
    return unreadable > 0 ? { unreadable } : {};
  }

  /** Has come further; gives whether there is time for more. */
  private goesOn(further: Partial<Measurement>): boolean {
    this.measurement = { ...this.measurement, ...further };
    return !this.signal.aborted;
  }

  /** The first ones that are wanted, of files and of directories, by one look at all of them. */
  private async names(directory: OpenDirectory, areFilesWanted: Wanted, areDirectoriesWanted: Wanted) {
    const files = new FirstNames(this.kept.files);
    const directories = new FirstNames(this.kept.directories);
    try {
      for await (const entries of directory.batches()) {
        for (const entry of entries) {
          if (entry.isDirectory()) {
            if (areDirectoriesWanted(entry.name)) directories.add(entry.name);
          } else if (areFilesWanted(entry.name)) files.add(entry.name);
        }
      }
    } catch (thrown) {
      if (isClosedBy(thrown)) this.passOver();
      else if (!isNothingThere(thrown)) throw thrown;
    }
    return { files: files.sorted(), directories: directories.sorted() };
  }
}

/** Nothing: removed or replaced in the meantime. */
async function openedBelow(directory: OpenDirectory, name: Buffer): Promise<OpenDirectory | 'closed' | undefined> {
  try {
    return await directory.directory(name);
  } catch (thrown) {
    if (isClosedBy(thrown)) return 'closed';
    if (thrown instanceof PathOutsideWorkspaceError || isNothingThere(thrown)) return undefined;
    throw thrown;
  }
}

/** Undefined: closed by the agent. */
async function sizeOf(directory: OpenDirectory, name: Buffer): Promise<number | undefined> {
  try {
    const found = await directory.look(name);
    return found?.isFile() ? Number(found.size) : 0;
  } catch (thrown) {
    if (isClosedBy(thrown)) return undefined;
    if (isNothingThere(thrown)) return 0;
    throw thrown;
  }
}

const isNothingThere = (thrown: unknown) => hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE');

const encoded = (name: Buffer | undefined) => (name ?? Buffer.alloc(0)).toString('base64url');
const decoded = (name: string) => Buffer.from(name, 'base64url');
