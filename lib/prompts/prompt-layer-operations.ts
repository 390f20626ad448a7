import { promptAudit } from './prompt-audit.ts';
import type { PromptLayers } from './prompt-layers.ts';
import * as z from 'zod/mini';
import { previewShape, promptRefShape, scopeRefShape, storedPromptRefShape } from './prompt-layers.ts';
import { promptLayerInputShape, versionSchema } from './prompt-layer.ts';
import { operationOf } from '../operations/operation.ts';

const operation = operationOf<{ readonly prompts: PromptLayers }>();

export const promptLayerOperations = {
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

  getPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.getPrompt,
    input: () => z.strictObject(promptRefShape()),
    run: async (ref, { manager }) => {
      return { output: await manager.prompts.get(ref) };
    },
  }),

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

  listPrompts: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.listPrompts,
    input: () => z.strictObject(scopeRefShape()),
    run: async (ref, { manager }) => {
      return { output: { prompts: await manager.prompts.list(ref) } };
    },
  }),

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
