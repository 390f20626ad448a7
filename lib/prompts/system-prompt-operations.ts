import { promptAudit } from './prompt-audit.ts';
import * as z from 'zod/mini';
import { operationOf } from '../operations/operation.ts';
import { systemPromptSchema } from './prompt-options.ts';

/** An alias, not an interface: declarations of `operations` then need no name of it. */
type ManagerOfPrompts = {
  session(sessionId: string): {
    getSystemPrompt(): Promise<string>;
    updateSystemPrompt(systemPrompt: string): Promise<void>;
  };
};

const operation = operationOf<ManagerOfPrompts>();

export const systemPromptOperations = {
  /** A session’s system prompt. */
  getSystemPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.getSystemPrompt,
    input: () => z.strictObject({ sessionId: z.string() }),
    run: async ({ sessionId }, { manager }) => {
      return { output: { systemPrompt: await manager.session(sessionId).getSystemPrompt() } };
    },
  }),

  /** Replace a session’s system prompt. */
  updateSystemPrompt: operation({
    function: 'records',
    access: 'caller',
    audit: promptAudit.updateSystemPrompt,
    input: () => z.strictObject({ sessionId: z.string(), systemPrompt: systemPromptSchema() }),
    run: async ({ sessionId, systemPrompt }, { manager }) => {
      await manager.session(sessionId).updateSystemPrompt(systemPrompt);
      return { output: { systemPrompt } };
    },
  }),
};
