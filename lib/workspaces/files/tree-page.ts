import { PathOutsideWorkspaceError } from '../file-errors.ts';
import { entriesOf, firstNames, isClosedBy, markClosed, type DirectoryEntry } from './directory-entry.ts';
import { percentEncoded } from './encoded-path.ts';
import { hasErrno } from './errno.ts';
import { MAX_LEVELS, MAX_NAME_BYTES, MAX_PATH_BYTES } from './file-path.ts';
import type { OpenDirectory } from './open-directory.ts';

/** Entries that are inspected together. */
const CHUNK = 32;
/** Of all paths of a page: whatever is in them, the answer fits through Lambda. */
const MAX_BYTES = 512 * 1024;
/** A page ends after this time, with what it has (ms). */
const PAGE_MS = 5_000;

export interface TreeBounds {
  /** Entries of the page. */
  limit: number;
  /** Levels below the directory; 1 is its own entries. */
  depth: number;
}

const joined = (names: readonly Buffer[]): Buffer =>
  Buffer.from(names.map((name) => name.toString('latin1')).join('/'), 'latin1');

/**
 * A page of everything below a directory: each directory, then what is in it, names by the order of their bytes. The work
 * of a page is bounded: apart from the directories on the way to its first entry, it opens only those that it lists.
 */
export class TreePage {
  readonly entries: DirectoryEntry[] = [];
  /** The names of the last entry; behind it the next page begins. */
  private last: readonly Buffer[] = [];
  private bytes = 0;
  private readonly base: readonly Buffer[];
  private readonly bounds: TreeBounds;
  private readonly until = performance.now() + PAGE_MS;

  /** `base`: the names of the directory itself. */
  constructor(base: readonly Buffer[], bounds: TreeBounds) {
    this.base = base;
    this.bounds = bounds;
  }

  get position(): Buffer {
    return joined(this.last);
  }

  /** Lists what comes after the entry with the names `after`. True: the page is full, and there is more. */
  async visit(directory: OpenDirectory, at: readonly Buffer[], after: readonly Buffer[]): Promise<boolean> {
    const [begun, ...below] = after;
    if (begun && (await this.visitBelow(directory, [...at, begun], below))) return true;
    for (let from = begun; ;) {
      const wanted = this.bounds.limit - this.entries.length + 1;
      const names = await firstNames(directory, wanted, from);
      for (let index = 0; index < names.length; index += CHUNK) {
        if (await this.list(directory, at, names.slice(index, index + CHUNK))) return true;
      }
      if (names.length < wanted) return false;
      from = names.at(-1);
    }
  }

  private async list(directory: OpenDirectory, at: readonly Buffer[], names: readonly Buffer[]): Promise<boolean> {
    for (const { name, entry } of await entriesOf(directory, names)) {
      if (this.isFull()) return true;
      const place = [...at, name];
      this.add(place, entry);
      if (entry.type !== 'directory' || entry.unreadable) continue;
      if (place.length >= this.bounds.depth) await markClosed(directory, [{ name, entry }]);
      else if (await this.visitBelow(directory, place, [], entry)) return true;
    }
    return false;
  }

  private async visitBelow(
    directory: OpenDirectory,
    place: readonly Buffer[],
    after: readonly Buffer[],
    entry?: DirectoryEntry,
  ): Promise<boolean> {
    if (place.length >= this.bounds.depth) return false;
    const opened = this.isTooDeep(place) ? 'closed' : await openedIn(directory, place.at(-1) as Buffer);
    if (opened === 'closed' && entry) entry.unreadable = true;
    if (typeof opened !== 'object') return false;
    try {
      return await this.visit(opened, place, after);
    } finally {
      await opened.close();
    }
  }

  private add(place: readonly Buffer[], entry: DirectoryEntry): void {
    const path = joined([...this.base, ...place]);
    const text = path.toString('utf8');
    entry.path = text;
    if (!path.equals(Buffer.from(text))) entry.encodedPath = percentEncoded(path);
    this.entries.push(entry);
    this.bytes += path.length;
    this.last = place;
  }

  private isFull(): boolean {
    const { length } = this.entries;
    return length >= this.bounds.limit || (length > 0 && (this.bytes > MAX_BYTES || performance.now() > this.until));
  }

  /** What no path of a request could name is not listed either. */
  private isTooDeep(place: readonly Buffer[]): boolean {
    const names = [...this.base, ...place];
    return names.length >= MAX_LEVELS || joined(names).length + 1 + MAX_NAME_BYTES > MAX_PATH_BYTES;
  }
}

/** `gone`: removed or replaced since it was listed. */
async function openedIn(directory: OpenDirectory, name: Buffer): Promise<OpenDirectory | 'closed' | 'gone'> {
  try {
    return await directory.directory(name);
  } catch (thrown) {
    if (isClosedBy(thrown)) return 'closed';
    if (thrown instanceof PathOutsideWorkspaceError || hasErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) return 'gone';
    throw thrown;
  }
}
