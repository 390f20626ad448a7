import * as z from 'zod/mini';
import { lazily, storedIdSchema } from '../schemas.ts';
import { SCOPES, type Identity, type ScopeOwner } from '../identity.ts';
import { problemOfTemplate } from './template.ts';

/** The three whose layers make a user's prompt, in the order in which equal priorities are joined. */
export const ownersFor = ({ userId, orgId }: Identity): ScopeOwner[] =>
  SCOPES.map((scope) => ({ scope, userId, orgId }));

const MAX_NAME_CHARACTERS = 128;
const MAX_PRIORITY = 1_000_000;
/** Of a layer's text, and of its variables as JSON (bytes of UTF-8). */
export const MAX_LAYER_BYTES = 64 * 1024;
export const MAX_LAYER_VARIABLES_BYTES = 16 * 1024;
/** Of all layers of one scope as they are stored: an item of the table holds 400 KB. */
export const MAX_SCOPE_BYTES = 256 * 1024;
export const MAX_LAYERS_PER_SCOPE = 100;

const atMost = (bytes: number) => (text: string) => Buffer.byteLength(text, 'utf8') <= bytes;
const wellFormed = lazily(() =>
  z.string().check(z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode')),
);
const layerText = lazily(() =>
  wellFormed().check(z.refine(atMost(MAX_LAYER_BYTES), `must have at most ${MAX_LAYER_BYTES} bytes`)),
);

const layerShape = () => ({
  name: z.optional(wellFormed().check(z.minLength(1), z.maxLength(MAX_NAME_CHARACTERS))),
  content: z.optional(layerText()),
  template: z.optional(
    layerText().check(
      z.superRefine((template, context) => {
        const problem = problemOfTemplate(template);
        if (problem) context.addIssue({ code: 'custom', message: problem });
      }),
    ),
  ),
  variables: z._default(
    z.record(z.string(), z.json()).check(
      z.refine((variables) => atMost(MAX_LAYER_VARIABLES_BYTES)(JSON.stringify(variables)), {
        error: `must have at most ${MAX_LAYER_VARIABLES_BYTES} bytes as JSON`,
      }),
    ),
    {},
  ),
  priority: z._default(z.int().check(z.minimum(-MAX_PRIORITY), z.maximum(MAX_PRIORITY)), 0),
  isActive: z._default(z.boolean(), true),
});

const hasOneText = ({ content, template }: { content?: unknown; template?: unknown }) =>
  (content === undefined) !== (template === undefined);
const ONE_TEXT = { path: ['content'], error: 'is needed, or template, and not both' };

export const versionSchema = lazily(() => z.int().check(z.minimum(1)));

export const promptLayerInputShape = () => ({ ...layerShape(), version: z.optional(versionSchema()) });

/** What a write says. `version` is that of the layer that was read; without it the layer must not exist yet. */
export const promptLayerInputSchema = lazily(() =>
  z.strictObject(promptLayerInputShape()).check(z.refine(hasOneText, ONE_TEXT)),
);
export type PromptLayerInput = z.input<ReturnType<typeof promptLayerInputSchema>>;

const storedLayerSchema = lazily(() =>
  z
    .object({
      ...layerShape(),
      id: storedIdSchema(),
      name: z.string(),
      // Is not judged again at every read: what cannot be rendered is left out then.
      template: z.optional(z.string()),
      version: versionSchema(),
      createdAt: z.string(),
      updatedAt: z.string(),
    })
    .check(z.refine(hasOneText, ONE_TEXT)),
);

/** A layer as callers see it: `content` as it is, or a `template`. The highest `priority` comes first. */
export type PromptLayer = z.output<ReturnType<typeof storedLayerSchema>>;

/** A layer in the table: its JSON under its id, so that one that cannot be read can still be named. */
export interface StoredLayer {
  id: string;
  json: string;
}

/** `undefined` if it cannot be read, whatever it is. */
export function readStoredLayer({ json }: StoredLayer): PromptLayer | undefined {
  try {
    return storedLayerSchema().safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

export const storedLayer = (layer: PromptLayer): StoredLayer => ({ id: layer.id, json: JSON.stringify(layer) });
