import * as z from 'zod/mini';
import { EXAMPLE, type DocsOf } from '../operations/operation-doc.ts';
import type { systemPromptOperations } from './system-prompt-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'prompts';

const systemPromptAnswer = z.strictObject({ systemPrompt: z.string() });

export const systemPromptDocs = {
  getSystemPrompt: {
    tag,
    summary: 'A session’s system prompt',
    output: systemPromptAnswer,
    errors: [],
    examples: { plain: { summary: 'By the session’s id', input: { sessionId } } },
  },
  updateSystemPrompt: {
    tag,
    summary: 'Replace a session’s system prompt',
    output: systemPromptAnswer,
    errors: [],
    examples: {
      plain: { summary: 'A short one', input: { sessionId, systemPrompt: 'You write short reports.' } },
    },
  },
} as const satisfies DocsOf<typeof systemPromptOperations>;
