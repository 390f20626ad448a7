import type { Chance } from '../faults/chance.ts';

/** The keys of an item: its own, and those of the indexes that it is in. */
export type ItemKeys = Readonly<Record<string, string>>;
export interface IndexKeys {
  readonly partitionKey: string;
  readonly sortKey: string;
}

/** What an item was from a moment on; without keys it was not there. */
interface Version {
  since: number;
  keys: ItemKeys | undefined;
}

/** How an entry is seen that is not as its item is. */
export type Sight = 'missing' | 'past' | 'gone' | 'in two places';

/**
 * What has become of items lately, and what an index that has not heard of all of it may show. A change is certainly
 * known after `lag` moments; each write and each read of an index is one. Until then each read may find an item as it was,
 * as it is, both or neither.
 */
export class IndexHistory {
  private readonly versions = new Map<string, Version[]>();
  private readonly lag: number;
  private readonly chance: Chance;
  private now = 0;

  constructor(lag: number, chance: Chance) {
    this.lag = lag;
    this.chance = chance;
  }

  /** As an item is now. */
  note(path: string, keys: ItemKeys | undefined): void {
    const known = this.versions.get(path) ?? [{ since: -Infinity, keys: undefined }];
    this.versions.set(path, [...known, { since: ++this.now, keys }]);
  }

  catchUp(): void {
    this.now += this.lag;
  }

  /** The entries that one read finds. With `hides` it may miss those of items that have just come or changed. */
  read(index: IndexKeys, { hides }: { hides: boolean }, seen: (sight: Sight) => void): ItemKeys[] {
    this.now++;
    return [...this.versions].flatMap(([path, all]) => {
      const settled = all.findLastIndex(({ since }) => since <= this.now - this.lag);
      const possible = all.slice(settled);
      if (settled > 0) this.versions.set(path, possible);
      if (possible.length === 1 && !possible[0]?.keys) this.versions.delete(path);
      const { now, before, wasAbsent } = entriesOf(possible, index);
      if (before.length === 0 && !wasAbsent) return now;
      return this.choose(now, before, hides, seen);
    });
  }

  private choose(now: ItemKeys[], before: ItemKeys[], hides: boolean, seen: (sight: Sight) => void): ItemKeys[] {
    const past = before.length > 0 ? [this.chance.oneOf(before)] : [];
    const shown = this.chance.oneOf(hides ? [now, [...past, ...now], past, []] : [now, [...past, ...now]]);
    if (now.length > 0 && shown.length === 0) seen('missing');
    if (shown === past && now.length > 0 && past.length > 0) seen('past');
    if (shown.length > 0 && now.length === 0) seen('gone');
    if (shown.length > 1) seen('in two places');
    return shown;
  }
}

function entriesOf(possible: Version[], index: IndexKeys) {
  const entryOf = ({ keys }: Version) => (keys && isIn(keys, index) ? [keys] : []);
  const now = entryOf(possible.at(-1) as Version);
  const earlier = possible.slice(0, -1);
  const idOf = (keys: ItemKeys) => `${keys[index.partitionKey]} ${keys[index.sortKey]}`;
  const before = new Map(earlier.flatMap(entryOf).map((keys) => [idOf(keys), keys]));
  for (const keys of now) before.delete(idOf(keys));
  return { now, before: [...before.values()], wasAbsent: earlier.some((version) => entryOf(version).length === 0) };
}

const isIn = (keys: ItemKeys, { partitionKey, sortKey }: IndexKeys): boolean =>
  keys[partitionKey] !== undefined && keys[sortKey] !== undefined;
