import type { Identity } from '../../lib/identity.ts';
import { Refused, copyOf } from './answer.ts';
import { keyOf, type LimitOf, type Scope } from './limit-model.ts';

interface Layer {
  scope: Scope;
  text: string;
  priority: number;
  version: number;
}

export interface LayerInput {
  of: LimitOf;
  id: string;
  text: string;
  priority: number;
  version: number | undefined;
}

interface LayersOfScope {
  writes: number;
  layers: Record<string, Layer>;
}

const RANKS: readonly Scope[] = ['global', 'org', 'user'];

/** Prompt layers by scope. Versions count the writes of a scope, deletions included. */
export class LayerModel {
  private scopes: Record<string, LayersOfScope> = {};

  copyFrom(other: LayerModel): void {
    this.scopes = copyOf(other.scopes);
  }

  fingerprint(): string {
    return JSON.stringify(this.scopes);
  }

  versionOf(of: LimitOf, id: string): number | undefined {
    return this.scopes[keyOf(of)]?.layers[id]?.version;
  }

  put({ of, id, text, priority, version: seen }: LayerInput): { version: number; existed: boolean } {
    const scope = this.scopeOf(of);
    const before = scope.layers[id];
    if (before?.version !== seen) throw new Refused('PROMPT_CONFLICT');
    const version = ++scope.writes;
    scope.layers[id] = { scope: of.scope, text, priority, version };
    return { version, existed: before !== undefined };
  }

  delete(of: LimitOf, id: string, seen: number | undefined): void {
    const scope = this.scopeOf(of);
    const before = scope.layers[id];
    if (!before) throw new Refused('PROMPT_NOT_FOUND');
    if (seen !== undefined && seen !== before.version) throw new Refused('PROMPT_CONFLICT');
    scope.writes++;
    delete scope.layers[id];
  }

  compose(owner: Identity): string {
    const layers = RANKS.flatMap((scope, rank) =>
      Object.entries(this.scopeOf({ scope, ...owner }).layers).map(([id, layer]) => ({ id, rank, ...layer })),
    );
    layers.sort((a, b) => b.priority - a.priority || a.rank - b.rank || (a.id < b.id ? -1 : 1));
    return layers.map(({ text }) => text).join('\n\n');
  }

  private scopeOf(of: LimitOf): LayersOfScope {
    return (this.scopes[keyOf(of)] ??= { writes: 0, layers: {} });
  }
}
