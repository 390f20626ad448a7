import type { Identity, Scope } from '../identity.ts';
import type { PromptLayer } from './prompt-layer.ts';
import { MAX_PROMPT_BYTES } from './prompt-composer.ts';
import { TemplateTooLarge, renderTemplate, type TemplateView } from './template.ts';

/** The layers of one scope as they were read, and those of its ids that could not be. */
export interface ScopeLayers {
  scope: Scope;
  layers: readonly PromptLayer[];
  unreadable: readonly string[];
}

export interface ScopedLayer extends PromptLayer {
  scope: Scope;
}

/** The layers in their order with a blank line between; `warnings` name what was left out, never its text. */
export interface JoinedLayers {
  systemPrompt: string;
  used: ScopedLayer[];
  warnings: string[];
}

const BETWEEN = '\n\n';

/**
 * Joins active layers: high priority first, then in the order of `scopes`, then by id. `variables` are the caller's; a
 * layer's own win over them, `userId` and `orgId` over both. What has no room within 256 KB is left out, templates before
 * contents and low priorities before high ones: nothing that a caller sends pushes a `content` out.
 */
export function joinLayers(scopes: readonly ScopeLayers[], identity: Identity, variables: TemplateView): JoinedLayers {
  const warnings = scopes.flatMap(({ scope, unreadable }) =>
    unreadable.map((id) => leftOut({ scope, id }, 'cannot be read')),
  );
  const ordered = inOrder(scopes);
  const texts = new Map<ScopedLayer, string>();
  let room = MAX_PROMPT_BYTES + BETWEEN.length;
  for (const layer of [...ordered.filter(isFixed), ...ordered.filter((other) => !isFixed(other))]) {
    try {
      const text = textOf(layer, identity, variables, room);
      const bytes = Buffer.byteLength(text, 'utf8') + BETWEEN.length;
      if (bytes > room) throw new TemplateTooLarge();
      if (text !== '') {
        texts.set(layer, text);
        room -= bytes;
      }
    } catch (thrown) {
      warnings.push(leftOut(layer, thrown instanceof TemplateTooLarge ? 'too large' : 'its template fails'));
    }
  }
  const used = ordered.filter((layer) => texts.has(layer));
  return { systemPrompt: used.map((layer) => texts.get(layer)).join(BETWEEN), used, warnings };
}

function inOrder(scopes: readonly ScopeLayers[]): ScopedLayer[] {
  const all = scopes.flatMap(({ scope, layers }, rank) =>
    layers.filter(({ isActive }) => isActive).map((layer) => ({ rank, layer: { ...layer, scope } })),
  );
  all.sort((a, b) => b.layer.priority - a.layer.priority || a.rank - b.rank || (a.layer.id < b.layer.id ? -1 : 1));
  return all.map(({ layer }) => layer);
}

const isFixed = ({ content }: PromptLayer): boolean => content !== undefined;

function textOf(layer: PromptLayer, { userId, orgId }: Identity, variables: TemplateView, room: number): string {
  if (layer.template === undefined) return layer.content ?? '';
  const text = renderTemplate(layer.template, { ...variables, ...layer.variables, userId, orgId }, room);
  if (!text.isWellFormed()) throw new TypeError('not well-formed');
  return text;
}

const leftOut = ({ scope, id }: { scope: Scope; id: string }, why: string) => `layer ${scope}/${id} left out: ${why}`;
