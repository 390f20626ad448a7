import { LRUCache } from 'lru-cache';
import type { Identity, ScopeOwner } from '../identity.ts';
import type { ScopeLayers } from './join-layers.ts';
import type { LayerSource } from './layered-composer.ts';
import { ownersFor, readStoredLayer, type StoredLayer } from './prompt-layer.ts';

/** Reads the layers of several owners at once, in their order. */
export interface LayerReader {
  read(owners: ScopeOwner[]): Promise<StoredLayer[][]>;
}

/** How old the layers may be that a prompt is composed of (ms). */
export const CACHE_MS = 5_000;
const CACHE_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 256;

/** One read under way, and the scopes of which something newer is known by now. */
interface Read {
  overtaken: Set<string>;
}

/**
 * The layers of each scope, read together at most once in 5 s an instance; that there are none is kept as well. What a
 * read has found is kept unless a change of ours, or a read that began later, was faster:
 *
 *   A reads ─────────────────────── A keeps nothing
 *        a change, or B reads ── B keeps
 */
export class LayerCache implements LayerSource {
  private readonly reader: LayerReader;
  private readonly kept: LRUCache<string, ScopeLayers>;
  /** In the order in which they began. */
  private readonly reads = new Set<Read>();

  constructor(reader: LayerReader, now: () => Date) {
    this.reader = reader;
    this.kept = new LRUCache<string, ScopeLayers>({
      ttl: CACHE_MS,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
      maxSize: CACHE_BYTES,
    });
  }

  layersFor(identity: Identity): ScopeLayers[] | Promise<ScopeLayers[]> {
    const owners = ownersFor(identity);
    const kept = owners.flatMap((owner) => this.kept.get(keyOf(owner)) ?? []);
    return kept.length === owners.length ? kept : this.readFor(owners);
  }

  private async readFor(owners: ScopeOwner[]): Promise<ScopeLayers[]> {
    const kept = owners.map((owner) => this.kept.get(keyOf(owner)));
    const missing = owners.filter((_, index) => kept[index] === undefined);
    const fresh = await this.readNow(missing);
    return kept.map((layers) => layers ?? (fresh.shift() as ScopeLayers));
  }

  private async readNow(owners: ScopeOwner[]): Promise<ScopeLayers[]> {
    const read: Read = { overtaken: new Set() };
    this.reads.add(read);
    try {
      const stored = await this.reader.read(owners);
      return owners.map((owner, index) => this.keep(read, owner, stored[index] ?? []));
    } finally {
      this.reads.delete(read);
    }
  }

  /** After a change, so that this instance composes with it at once. */
  forget(owner: ScopeOwner): void {
    const key = keyOf(owner);
    this.kept.delete(key);
    for (const read of this.reads) read.overtaken.add(key);
  }

  private keep(read: Read, owner: ScopeOwner, stored: StoredLayer[]): ScopeLayers {
    const key = keyOf(owner);
    const layers = scopeLayers(owner, stored);
    if (read.overtaken.has(key)) return layers;
    const size = stored.reduce((sum, { json }) => sum + 2 * json.length, ENTRY_BYTES);
    this.kept.set(key, layers, { size });
    for (const earlier of this.reads) {
      if (earlier === read) break;
      earlier.overtaken.add(key);
    }
    return layers;
  }
}

export function scopeLayers({ scope }: ScopeOwner, stored: StoredLayer[]): ScopeLayers {
  const read = stored.map((one) => ({ id: one.id, layer: readStoredLayer(one) }));
  return {
    scope,
    layers: read.flatMap(({ layer }) => layer ?? []),
    unreadable: read.filter(({ layer }) => !layer).map(({ id }) => id),
  };
}

const keyOf = ({ scope, userId, orgId }: ScopeOwner): string =>
  JSON.stringify({ global: [], org: [orgId], user: [orgId, userId] }[scope]);
