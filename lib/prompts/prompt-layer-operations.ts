import * as z from 'zod/mini';
import { previewShape, promptRefShape, scopeRefShape } from './prompt-layers.ts';
import { promptLayerInputShape, versionSchema } from './prompt-layer.ts';
import { operation } from '../operations/operation.ts';

export const promptLayerOperations = {
  putPrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject({ ...promptRefShape(), ...promptLayerInputShape() }),
    async run({ scope, promptId, userId, orgId, ...layer }, { manager }) {
      const { layer: output, existed } = await manager.prompts.put({ scope, promptId, userId, orgId }, layer);
      return { output, existed };
    },
  }),

  getPrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject(promptRefShape()),
    async run(ref, { manager }) {
      return { output: await manager.prompts.get(ref) };
    },
  }),

  deletePrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject({ ...promptRefShape(), version: z.optional(versionSchema()) }),
    async run({ version, ...ref }, { manager }) {
      await manager.prompts.delete(ref, { version });
      return { output: null };
    },
  }),

  listPrompts: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject(scopeRefShape()),
    async run(ref, { manager }) {
      return { output: { prompts: await manager.prompts.list(ref) } };
    },
  }),

  previewPrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject(previewShape()),
    async run(request, { manager }) {
      return { output: await manager.prompts.preview(request) };
    },
  }),
};
