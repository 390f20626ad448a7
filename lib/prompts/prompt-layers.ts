import * as z from 'zod/mini';
import { idSchema, lazily, storedIdSchema } from '../schemas.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { ForbiddenError, ValidationError } from '../errors.ts';
import {
  checkIdentity,
  checkOrgId,
  checkSpeaksFor,
  identityOf,
  isAdministrator,
  isUnrestricted,
  SCOPES,
  type Caller,
  type ScopeOwner,
  type Scope,
} from '../identity.ts';
import { joinLayers } from './join-layers.ts';
import { scopeLayers, type LayerCache } from './layer-cache.ts';
import {
  MAX_LAYERS_PER_SCOPE,
  MAX_SCOPE_BYTES,
  ownersFor,
  promptLayerInputSchema,
  readStoredLayer,
  storedLayer,
  versionSchema,
  type PromptLayer,
  type PromptLayerInput,
  type StoredLayer,
} from './prompt-layer.ts';
import { PromptConflictError, PromptNotFoundError } from './prompt-errors.ts';
import { promptAudit } from './prompt-audit.ts';
import { promptVariablesSchema } from './prompt-options.ts';
import type { LayersChange, PromptLayerStore } from './prompt-layer-store.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';

export const scopeRefShape = () => ({
  scope: z.enum(SCOPES),
  userId: z.optional(z.string()),
  orgId: z.optional(z.string()),
});
export const promptRefShape = () => ({ ...scopeRefShape(), promptId: idSchema() });
export const storedPromptRefShape = () => ({ ...scopeRefShape(), promptId: storedIdSchema() });
export const previewShape = () => ({
  userId: z.optional(z.string()),
  orgId: z.optional(z.string()),
  promptVariables: z.optional(promptVariablesSchema()),
});
const scopeRefSchema = lazily(() => z.strictObject(scopeRefShape()));
const promptRefSchema = lazily(() => z.strictObject(promptRefShape()));
const storedPromptRefSchema = lazily(() => z.strictObject(storedPromptRefShape()));
const previewSchema = lazily(() => z.strictObject(previewShape()));

/** A scope: `user` with `userId`; `org` and `user` are of the caller's organisation unless an operator names another. */
export type ScopeRef = z.output<ReturnType<typeof scopeRefSchema>>;
export type PromptRef = z.output<ReturnType<typeof promptRefSchema>>;
/** For whom: the caller, unless somebody else is named. */
export type PreviewRequest = z.input<ReturnType<typeof previewSchema>>;

/** What a session of that user would begin with, and what would be left out of it and why. */
export interface PromptPreview {
  systemPrompt: string;
  layers: { scope: Scope; id: string; name: string; priority: number; version: number }[];
  warnings: string[];
}

interface PromptLayersUses {
  readonly promptLayers: PromptLayerStore;
  readonly layerCache: LayerCache;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/**
 * The prompt layers of all, of an organisation and of a user. For admins, those of their organisation; the global ones
 * they may read, and only operators write. A layer's `version` grows with every write.
 */
export class PromptLayers {
  readonly #uses: PromptLayersUses;
  readonly #caller: Caller;

  constructor(uses: PromptLayersUses, caller: Caller) {
    this.#uses = uses;
    this.#caller = caller;
  }

  async get(ref: PromptRef): Promise<PromptLayer> {
    return this.#recorded(promptAudit.getPrompt, ref, async ({ owner, promptId }) => {
      const [stored = []] = await this.#uses.promptLayers.read([owner]);
      const layer = layerOf(stored, promptId);
      if (!layer) throw new PromptNotFoundError(promptId);
      return layer;
    });
  }

  /** By id. */
  async list(ref: ScopeRef): Promise<PromptLayer[]> {
    return this.#uses.audit.record(promptAudit.listPrompts, this.#caller, {}, async () => {
      const owner = this.#ownerOf(readInput(scopeRefSchema(), ref), 'read');
      const [stored = []] = await this.#uses.promptLayers.read([owner]);
      return [...scopeLayers(owner, stored).layers].sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  /** Makes a layer, or replaces the one with `version`. `existed`: it was replaced. */
  async put(ref: PromptRef, input: PromptLayerInput): Promise<{ layer: PromptLayer; existed: boolean }> {
    return this.#recorded(
      promptAudit.putPrompt,
      ref,
      async ({ owner, promptId }) => {
        const { version: seen, ...said } = readInput(promptLayerInputSchema(), input);
        const updatedAt = this.#uses.now().toISOString();
        return this.#change(owner, (stored, version) => {
          const before = layerOf(stored, promptId);
          if (before?.version !== seen) throw new PromptConflictError(promptId, before?.version);
          const { createdAt = updatedAt } = before ?? {};
          const layer = { ...said, id: promptId, name: said.name ?? promptId, version, createdAt, updatedAt };
          const layers = [...without(stored, promptId), storedLayer(layer)];
          checkFits(layers);
          return { layers, result: { layer, existed: before !== undefined } };
        });
      },
      'write',
    );
  }

  /** With `version`, only the layer that was read. */
  async delete(ref: PromptRef, options: { version?: number | undefined } = {}): Promise<void> {
    await this.#recorded(
      promptAudit.deletePrompt,
      ref,
      async ({ owner, promptId }) => {
        const { version: seen } = readInput(z.strictObject({ version: z.optional(versionSchema()) }), options);
        await this.#change(owner, (stored) => {
          const layers = without(stored, promptId);
          if (layers.length === stored.length) throw new PromptNotFoundError(promptId);
          const version = layerOf(stored, promptId)?.version;
          if (seen !== undefined && seen !== version) throw new PromptConflictError(promptId, version);
          return { layers, result: undefined };
        });
      },
      'write',
      storedPromptRefSchema,
    );
  }

  /** What the layers, as they are now, make for a user. */
  async preview(request: PreviewRequest): Promise<PromptPreview> {
    return this.#uses.audit.record(promptAudit.previewPrompt, this.#caller, {}, async () => {
      const { promptVariables = {}, ...named } = readInput(previewSchema(), request);
      const own = identityOf(this.#caller);
      const identity = checkIdentity({
        userId: needed('userId', named.userId ?? own.userId),
        orgId: needed('orgId', named.orgId ?? own.orgId),
      });
      this.#uses.audit.note(identity);
      this.#checkAdmin(identity.orgId);
      const owners = ownersFor(identity);
      const stored = await this.#uses.promptLayers.read(owners);
      const scopes = owners.map((owner, index) => scopeLayers(owner, stored[index] ?? []));
      const { systemPrompt, used, warnings } = joinLayers(scopes, identity, promptVariables);
      const layers = used.map(({ scope, id, name, priority, version }) => ({ scope, id, name, priority, version }));
      return { systemPrompt, layers, warnings };
    });
  }

  async #recorded<T>(
    row: AuditRow,
    ref: PromptRef,
    work: (meant: { owner: ScopeOwner; promptId: string }) => Promise<T>,
    access: 'read' | 'write' = 'read',
    schema = promptRefSchema,
  ): Promise<T> {
    return this.#uses.audit.record(row, this.#caller, {}, async () => {
      const { promptId, ...scopeRef } = readInput(schema(), ref);
      this.#uses.audit.note({ promptId });
      return work({ owner: this.#ownerOf(scopeRef, access), promptId });
    });
  }

  /** This instance composes with the change at once; others when what they have kept is old. */
  async #change<T>(owner: ScopeOwner, change: (stored: StoredLayer[], version: number) => LayersChange<T>) {
    try {
      return await this.#uses.promptLayers.change(owner, change);
    } finally {
      this.#uses.layerCache.forget(owner);
    }
  }

  #ownerOf({ scope, userId, orgId }: ScopeRef, access: 'read' | 'write'): ScopeOwner {
    this.#uses.audit.note({ promptScope: scope });
    if (scope !== 'user' && userId !== undefined) throw ValidationError.at('userId', 'goes with the scope user');
    if (scope === 'global') return this.#globalOwner(orgId, access);
    const org = checkOrgId(needed('orgId', orgId ?? identityOf(this.#caller).orgId));
    if (scope === 'org') {
      this.#uses.audit.note({ orgId: org });
      this.#checkAdmin(org);
      return { scope, orgId: org, userId: '' };
    }
    const identity = checkIdentity({ orgId: org, userId: needed('userId', userId) });
    this.#uses.audit.note(identity);
    this.#checkAdmin(org);
    return { scope, ...identity };
  }

  #globalOwner(orgId: string | undefined, access: 'read' | 'write'): ScopeOwner {
    if (orgId !== undefined) throw ValidationError.at('orgId', 'goes with the scopes org and user');
    if (!isAdministrator(this.#caller)) throw new ForbiddenError(ADMINS_ONLY);
    if (access === 'write' && !isUnrestricted(this.#caller)) {
      throw new ForbiddenError('Only an operator may change global prompt layers.');
    }
    return { scope: 'global', userId: '', orgId: '' };
  }

  #checkAdmin(orgId: string): void {
    if (!isAdministrator(this.#caller)) throw new ForbiddenError(ADMINS_ONLY);
    checkSpeaksFor(this.#caller, { orgId });
  }
}

const ADMINS_ONLY = 'Only an admin may see or change prompt layers.';

const without = (stored: StoredLayer[], promptId: string) => stored.filter(({ id }) => id !== promptId);

/** One that cannot be read is as if it were not there: it can be replaced, or deleted. */
function layerOf(stored: StoredLayer[], promptId: string): PromptLayer | undefined {
  const found = stored.find(({ id }) => id === promptId);
  return found && readStoredLayer(found);
}

function checkFits(layers: StoredLayer[]): void {
  if (layers.length > MAX_LAYERS_PER_SCOPE) {
    throw ValidationError.at('promptId', `would be one more than the ${MAX_LAYERS_PER_SCOPE} layers of a scope`);
  }
  const bytes = layers.reduce((sum, { json }) => sum + Buffer.byteLength(json, 'utf8'), 0);
  if (bytes > MAX_SCOPE_BYTES) {
    throw ValidationError.at('', `The layers of the scope would have ${bytes} bytes, and may have ${MAX_SCOPE_BYTES}`);
  }
}

function needed(field: string, value: string | undefined): string {
  if (value === undefined) throw ValidationError.at(field, 'is needed');
  return value;
}
