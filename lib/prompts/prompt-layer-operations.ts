import { promptAudit } from './prompt-audit.ts';
import type { PromptLayers } from './prompt-layers.ts';
import * as z from 'zod/mini';
import { previewShape, promptRefShape, scopeRefShape, storedPromptRefShape } from './prompt-layers.ts';
import { promptLayerInputShape, versionSchema } from './prompt-layer.ts';
import { operationOf } from '../operations/operation.ts';

const operation = operationOf<{ readonly prompts: PromptLayers }>();

export const promptLayerOperations = {
  /**
   * Write a prompt layer. To replace one, send the `version` that was read; without it there must be none. `content` is
   * taken as it is, a `template` is Mustache: one of the two.
   */
  putPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.putPrompt,
    input: () => z.strictObject({ ...promptRefShape(), ...promptLayerInputShape() }),
    run: async ({ scope, promptId, userId, orgId, ...layer }, { manager }) => {
      const { layer: output, existed } = await manager.prompts.put({ scope, promptId, userId, orgId }, layer);
      return { output, existed };
    },
  }),

  /** A prompt layer. */
  getPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.getPrompt,
    input: () => z.strictObject(promptRefShape()),
    run: async (ref, { manager }) => {
      return { output: await manager.prompts.get(ref) };
    },
  }),

  /** Delete a prompt layer. With a `version`, only if it still is that one. */
  deletePrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.deletePrompt,
    input: () => z.strictObject({ ...storedPromptRefShape(), version: z.optional(versionSchema()) }),
    run: async ({ version, ...ref }, { manager }) => {
      await manager.prompts.delete(ref, { version });
      return { output: null };
    },
  }),

  /** The prompt layers of a scope, by id. */
  listPrompts: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.listPrompts,
    input: () => z.strictObject(scopeRefShape()),
    run: async (ref, { manager }) => {
      return { output: { prompts: await manager.prompts.list(ref) } };
    },
  }),

  /** What a new session would begin with. */
  previewPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.previewPrompt,
    input: () => z.strictObject(previewShape()),
    run: async (request, { manager }) => {
      return { output: await manager.prompts.preview(request) };
    },
  }),
};
