import { randomUUID } from 'node:crypto';
import type { StoredLayer } from './prompt-layer.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { promptLayersKey, type Key } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import type { ScopeOwner } from '../identity.ts';

/** All layers of one scope, so that a user's prompt takes one read of three items. */
interface LayersItem {
  layers: StoredLayer[];
  /** Of the last write. Versions are not used again: that of a layer that was removed fits none that comes after it. */
  version: number;
  /** New with every write: what a write stands on, and how one whose reply was lost knows itself. */
  writeId: string;
}

/** What a change makes of the layers it found, and what it answers. */
export interface LayersChange<Result> {
  layers: StoredLayer[];
  result: Result;
}

const UNCHANGED = 'writeId = :seen';
const NEVER_WRITTEN = 'attribute_not_exists(writeId)';

/** Prompt layers: one item a scope, with a strongly consistent read for any number of scopes. */
export class PromptLayerStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** In the order of `owners`; none where nothing was ever put. */
  async read(owners: ScopeOwner[]): Promise<StoredLayer[][]> {
    const keys = owners.map(promptLayersKey);
    const items = await this.table.getAll<LayersItem & Key>(keys);
    return keys.map(({ pk }) => layersOf(items.find((item) => item.pk === pk)));
  }

  /**
   * Changes the layers of a scope, all others that change them at the same time before or after it:
   *
   *   A reads ── A writes            `change` throws what it refuses; here it only sees each state that is.
   *        B reads ──── B: not unchanged ── B: `change` again on what A wrote ── B writes
   */
  async change<Result>(
    owner: ScopeOwner,
    change: (layers: StoredLayer[], version: number) => LayersChange<Result>,
  ): Promise<Result> {
    const key = promptLayersKey(owner);
    let seen = await this.table.get<LayersItem>(key);
    return withRetries(async () => {
      const version = (seen?.version ?? 0) + 1;
      const { layers, result } = change(layersOf(seen), version);
      const writeId = randomUUID();
      const outcome = await this.table.update<LayersItem>(putLayers(key, { layers, version, writeId }, seen));
      if (outcome.updated || outcome.found?.writeId === writeId) return result;
      seen = outcome.found;
      throw new Contended('the layers of the scope changed meanwhile');
    });
  }
}

const putLayers = (key: Key, { layers, version, writeId }: LayersItem, seen: LayersItem | undefined) => ({
  Key: key,
  UpdateExpression: 'SET layers = :layers, version = :version, writeId = :writeId',
  ConditionExpression: seen?.writeId === undefined ? NEVER_WRITTEN : UNCHANGED,
  ExpressionAttributeValues: {
    ':layers': layers,
    ':version': version,
    ':writeId': writeId,
    ...(seen?.writeId !== undefined && { ':seen': seen.writeId }),
  },
});

/** What is no layer is as if it were not there. */
function layersOf(item: LayersItem | undefined): StoredLayer[] {
  const layers: unknown = item?.layers;
  return Array.isArray(layers) ? layers.filter(isStoredLayer) : [];
}

const isStoredLayer = (value: unknown): value is StoredLayer => {
  const { id, json } = (value ?? {}) as Record<string, unknown>;
  return typeof id === 'string' && typeof json === 'string';
};
