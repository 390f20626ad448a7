import type { BigIntStats, Dirent } from 'node:fs';
import pMap from 'p-map';
import { percentEncoded } from './encoded-path.ts';
import { hasErrno } from './errno.ts';
import { FirstNames } from './first-names.ts';
import type { OpenDirectory } from './open-directory.ts';

type EntryType = 'file' | 'directory' | 'symlink' | 'other';

export interface DirectoryEntry {
  name: string;
  /** The percent-encoded bytes of a name that is not UTF-8. */
  encodedName?: string;
  /** In a recursive list: relative to the workspace. */
  path?: string;
  /** The same as percent-encoded bytes, where a name in it is not UTF-8. */
  encodedPath?: string;
  type: EntryType;
  /** Bytes of a file; 0 of everything else. */
  size: number;
  /** Absent if the entry itself cannot be inspected. */
  modifiedAt?: string;
  /** Its mode, or that of the directory it is in, keeps the functions from it: the entry or its content cannot be inspected. */
  unreadable?: true;
}

export interface FoundEntry {
  name: Buffer;
  entry: DirectoryEntry;
}

const AT_ONCE = 16;

/** The first names after a position, by the order of their bytes. */
export async function firstNames(
  directory: OpenDirectory,
  count: number,
  after: Buffer | undefined,
): Promise<Buffer[]> {
  const first = new FirstNames(count);
  for await (const entries of directory.batches()) {
    for (const { name } of entries) if (!after || Buffer.compare(name, after) > 0) first.add(name);
  }
  return first.sorted();
}

/** What the names are, in their order. What was removed in the meantime is left out. */
export async function entriesOf(directory: OpenDirectory, names: readonly Buffer[]): Promise<FoundEntry[]> {
  // All are waited for, also if one fails: until then the descriptor is in use.
  const looks = await pMap(names, async (name) => (await Promise.allSettled([directory.look(name)]))[0], {
    concurrency: AT_ONCE,
  });
  const found: FoundEntry[] = [];
  let types: Map<string, EntryType> | undefined;
  for (const [index, look] of looks.entries()) {
    const name = names[index] as Buffer;
    if (look.status === 'fulfilled') {
      if (look.value) found.push({ name, entry: entryOf(name, look.value) });
    } else if (isClosedBy(look.reason)) {
      types ??= await typesIn(directory);
      const type = types.get(keyOf(name)) ?? 'other';
      found.push({ name, entry: { ...namesOf(name), type, size: 0, unreadable: true } });
    } else throw look.reason;
  }
  return found;
}

/** Marks the directories among entries whose content cannot be listed. */
export async function markClosed(directory: OpenDirectory, found: readonly FoundEntry[]): Promise<void> {
  const directories = found.filter(({ entry }) => entry.type === 'directory' && !entry.unreadable);
  const mark = async ({ name, entry }: FoundEntry) => {
    await directory.directory(name).then(
      (opened) => opened.close(),
      (thrown: unknown) => {
        // Whatever else it is: the next request that needs the directory says so.
        if (isClosedBy(thrown)) entry.unreadable = true;
      },
    );
  };
  await pMap(directories, mark, { concurrency: AT_ONCE });
}

/** Whether a mode that the agent has set is the reason. */
export const isClosedBy = (thrown: unknown): boolean => hasErrno(thrown, 'EACCES', 'EPERM');

function entryOf(name: Buffer, stats: BigIntStats): DirectoryEntry {
  const size = stats.isFile() ? Number(stats.size) : 0;
  return { ...namesOf(name), type: typeOf(stats), size, modifiedAt: stats.mtime.toISOString() };
}

function namesOf(name: Buffer): Pick<DirectoryEntry, 'name' | 'encodedName'> {
  const text = name.toString('utf8');
  return { name: text, ...(!name.equals(Buffer.from(text)) && { encodedName: percentEncoded(name) }) };
}

const typeOf = (one: BigIntStats | Dirent<Buffer>): EntryType =>
  one.isFile() ? 'file' : one.isDirectory() ? 'directory' : one.isSymbolicLink() ? 'symlink' : 'other';

/** As the list of names has them, where nothing more is known. */
async function typesIn(directory: OpenDirectory): Promise<Map<string, EntryType>> {
  const types = new Map<string, EntryType>();
  for await (const entries of directory.batches()) {
    for (const entry of entries) types.set(keyOf(entry.name), typeOf(entry));
  }
  return types;
}

const keyOf = (name: Buffer): string => name.toString('latin1');
