import type { BigIntStats } from 'node:fs';
import pMap from 'p-map';
import { PathOutsideWorkspaceError } from '../file-errors.ts';
import { hasErrno } from './errno.ts';
import { MAX_LEVELS } from './file-path.ts';
import type { OpenDirectory } from './open-directory.ts';

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

/** Looks for the names of one file until it has all of them, or its bounds. */
export class LinkSearch {
  private readonly file: BigIntStats;
  private readonly bounds: SearchBounds;
  private readonly until: number;
  /** A directory, by its own number, and the name in it. */
  private readonly found = new Set<string>();
  private entries = 0;
  private isCut = false;
  private failures: unknown[] = [];

  constructor(file: BigIntStats, bounds = BOUNDS) {
    this.file = file;
    this.bounds = bounds;
    this.until = performance.now() + bounds.ms;
  }

  /** Whether this is one of them. */
  async at(directory: OpenDirectory, name: Buffer): Promise<void> {
    await this.noting(async () => this.look(directory, await directory.id(), name));
    this.throwFailure();
  }

  /** In a directory and all that is below it. */
  async in(directory: OpenDirectory): Promise<void> {
    await this.noting(() => this.visit(directory, 0));
    this.throwFailure();
  }

  refuseUnlessAll(): void {
    const { names, entries } = { names: Number(this.file.nlink), entries: this.entries };
    const found = this.found.size;
    if (found >= names) return;
    const problem = `is that of a file with ${names} names (hard links), of which ${found}`;
    if (!this.isCut) throw new PathOutsideWorkspaceError(`${problem} are in the workspace`, { names, found });
    const bound = `were found among the first ${entries} entries of the workspace, and no more are searched`;
    throw new PathOutsideWorkspaceError(`${problem} ${bound}`, { names, found, searched: entries });
  }

  private get isOver(): boolean {
    if (performance.now() > this.until) this.isCut = true;
    return this.isCut || this.failures.length > 0 || this.found.size >= Number(this.file.nlink);
  }

  private async visit(directory: OpenDirectory, depth: number): Promise<void> {
    const id = await directory.id();
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

  private async visitBelow(directory: OpenDirectory, name: Buffer, depth: number): Promise<void> {
    if (this.isOver) return;
    const below = await directory.directory(name);
    await this.visit(below, depth).finally(() => below.close());
  }

  private async look(directory: OpenDirectory, id: string, name: Buffer): Promise<void> {
    if (this.isOver) return;
    const there = await directory.look(name);
    if (there?.ino !== this.file.ino || there.dev !== this.file.dev) return;
    this.found.add(`${id}/${name.toString('latin1')}`);
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
