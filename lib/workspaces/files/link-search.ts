import type { BigIntStats } from 'node:fs';
import pMap from 'p-map';
import { PathOutsideWorkspaceError } from '../file-errors.ts';
import { bufferOfName } from './encoded-path.ts';
import { hasErrno } from './errno.ts';
import { MAX_LEVELS } from './file-path.ts';
import type { Name, OpenDirectory } from './open-directory.ts';

/** What one search may cost, however large the workspace is. */
export interface SearchBounds {
  /** Of directories. */
  entries: number;
  ms: number;
}

const BOUNDS: SearchBounds = { entries: 50_000, ms: 8_000 };
const FILES_AT_ONCE = 16;
/** Directories at the top; below, one after the other: each level of each keeps a descriptor. */
const BRANCHES_AT_ONCE = 4;

/** A file, as it was before the search, and what is found of it. */
interface Sought {
  file: BigIntStats;
  /** A directory, by its own number, and the name in it. */
  found: Set<string>;
  /** How it is, if it has changed since. */
  changed?: BigIntStats;
}

/** Looks for the names of files until it has all of them, or its bounds. */
export class LinkSearch {
  private readonly files: ReadonlyMap<string, Sought>;
  private readonly bounds: SearchBounds;
  private readonly until: number;
  /** A directory is searched once, whichever way leads to it. */
  private readonly visited = new Set<string>();
  /** Files whose names have not all been found. */
  private missing: number;
  private entries = 0;
  private isCut = false;
  private failures: unknown[] = [];

  constructor(files: readonly BigIntStats[], bounds = BOUNDS) {
    this.files = new Map(files.map((file) => [keyOf(file), { file, found: new Set<string>() }]));
    this.missing = this.files.size;
    this.bounds = bounds;
    this.until = performance.now() + bounds.ms;
  }

  /** Whether this is one of them. */
  async at(directory: OpenDirectory, name: Name): Promise<void> {
    await this.noting(async () => this.look(directory, await directory.id(), bufferOfName(name)));
    this.throwFailure();
  }

  /** In a directory and all that is below it. */
  async in(directory: OpenDirectory): Promise<void> {
    await this.noting(() => this.visit(directory, 0));
    this.throwFailure();
  }

  /** Nothing in it counts. */
  async skip(directory: OpenDirectory): Promise<void> {
    this.visited.add(await directory.id());
  }

  /** In what is below a name of a directory, if that is one. */
  async below(directory: OpenDirectory, name: Name): Promise<void> {
    await this.noting(() => this.visitBelow(directory, name, 0));
    this.throwFailure();
  }

  /** Files that have changed since the search began: what was found of them may not be so. */
  get changed(): BigIntStats[] {
    return [...this.files.values()].flatMap(({ changed }) => changed ?? []);
  }

  /** Of what has not changed. */
  refuseUnlessAll(): void {
    for (const sought of this.files.values()) if (!sought.changed) this.refuseUnlessAllOf(sought);
  }

  private refuseUnlessAllOf({ file, found: { size: found } }: Sought): void {
    const { names, entries } = { names: Number(file.nlink), entries: this.entries };
    if (found >= names) return;
    const problem = `is that of a file with ${names} names (hard links), of which ${found}`;
    if (!this.isCut) throw new PathOutsideWorkspaceError(`${problem} are in the workspace`, { names, found });
    const bound = `were found among the first ${entries} entries of the workspace, and no more are searched`;
    throw new PathOutsideWorkspaceError(`${problem} ${bound}`, { names, found, searched: entries });
  }

  private get isOver(): boolean {
    if (performance.now() > this.until) this.isCut = true;
    return this.isCut || this.failures.length > 0 || this.missing === 0;
  }

  private async visit(directory: OpenDirectory, depth: number): Promise<void> {
    const id = await directory.id();
    if (this.visited.has(id)) return;
    this.visited.add(id);
    const below: Buffer[] = [];
    for await (const entries of directory.batches()) {
      if (this.isOver) return;
      const rest = this.bounds.entries - this.entries;
      this.isCut ||= entries.length > rest;
      const searched = entries.slice(0, rest);
      this.entries += searched.length;
      const files = searched.filter((entry) => entry.isFile());
      below.push(...searched.filter((entry) => entry.isDirectory()).map(({ name }) => name));
      const look = ({ name }: { name: Buffer }) => this.noting(() => this.look(directory, id, name));
      await pMap(files, look, { concurrency: FILES_AT_ONCE });
    }
    if (depth >= MAX_LEVELS) return;
    const visit = (name: Buffer) => this.noting(() => this.visitBelow(directory, name, depth + 1));
    await pMap(below, visit, { concurrency: depth === 0 ? BRANCHES_AT_ONCE : 1 });
  }

  private async visitBelow(directory: OpenDirectory, name: Name, depth: number): Promise<void> {
    if (this.isOver) return;
    const below = await directory.directory(name);
    await this.visit(below, depth).finally(() => below.close());
  }

  private async look(directory: OpenDirectory, id: string, name: Buffer): Promise<void> {
    if (this.isOver) return;
    const there = await directory.look(name);
    if (!there || !this.files.has(keyOf(there))) return;
    // NFS: what a cache says of the file may be older than a change.
    const now = await directory.lookAnew(name);
    const sought = now && this.files.get(keyOf(now));
    if (sought) this.count(sought, now, `${id}/${name.toString('latin1')}`);
  }

  private count(sought: Sought, now: BigIntStats, name: string): void {
    const wasMissing = isMissing(sought);
    if (isUnchanged(sought.file, now)) sought.found.add(name);
    else sought.changed = now;
    if (wasMissing && !isMissing(sought)) this.missing--;
  }

  /** What was removed or replaced during the search, or is closed, has no name that counts. All are waited for if one fails. */
  private async noting(step: () => Promise<void>): Promise<void> {
    await step().catch((thrown: unknown) => {
      const isNone = hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ESTALE');
      if (!isNone && !(thrown instanceof PathOutsideWorkspaceError)) this.failures.push(thrown);
    });
  }

  private throwFailure(): void {
    if (this.failures.length > 0) throw this.failures[0];
  }
}

const keyOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

const isMissing = ({ file, found, changed }: Sought): boolean => !changed && found.size < Number(file.nlink);

/** Linux notes each rename and each link in the time of the last change of a file. */
export const isUnchanged = (one: BigIntStats, other: BigIntStats): boolean =>
  one.nlink === other.nlink && one.ctimeNs === other.ctimeNs;
