import type { Route } from '../operations/route.ts';
import type { systemPromptOperations } from './system-prompt-operations.ts';

const SYSTEM_PROMPT = '/sessions/{sessionId}/system-prompt';

export const systemPromptRoutes = {
  getSystemPrompt: { method: 'GET', path: SYSTEM_PROMPT, agent: 'prompt:read', status: 200, repetition: 'always' },
  updateSystemPrompt: { method: 'PUT', path: SYSTEM_PROMPT, body: ['systemPrompt'], status: 200, repetition: 'always' },
} as const satisfies Record<keyof typeof systemPromptOperations, Route>;
