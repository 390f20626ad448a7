import * as z from 'zod/mini';
import { operation } from '../operations/operation.ts';
import { systemPromptSchema } from './prompt-options.ts';

export const systemPromptOperations = {
  getSystemPrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject({ sessionId: z.string() }),
    async run({ sessionId }, { manager }) {
      return { output: { systemPrompt: await manager.session(sessionId).getSystemPrompt() } };
    },
  }),

  updateSystemPrompt: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject({ sessionId: z.string(), systemPrompt: systemPromptSchema() }),
    async run({ sessionId, systemPrompt }, { manager }) {
      await manager.session(sessionId).updateSystemPrompt(systemPrompt);
      return { output: { systemPrompt } };
    },
  }),
};
