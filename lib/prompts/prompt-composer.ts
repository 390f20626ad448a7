import type { Identity } from '../identity.ts';

/** What a prompt is composed for; `variables` are the create request's `promptVariables`. */
export interface PromptRequest extends Identity {
  sessionId: string;
  variables: Readonly<Record<string, unknown>>;
}

/**
 * A prompt, and what was left out of it. `warnings` go to the caller of the create and to the audit log: never a text of a
 * prompt, a secret or a path.
 */
export interface ComposedPrompt {
  systemPrompt: string;
  warnings: readonly string[];
}

/** What a composer answers: `warnings` are none if they are left out. */
export type Composed = string | (Pick<ComposedPrompt, 'systemPrompt'> & Partial<ComposedPrompt>);

/**
 * Makes a new session's system prompt: at most 256 KB of UTF-8. One that throws or is late leaves it empty, with a warning,
 * or fails a create that requires its prompt. It does not run for a create that is repeated with its idempotency key, unless
 * the first one is still under way.
 */
export interface PromptComposer {
  compose(request: PromptRequest): Composed | Promise<Composed>;
}

export const MAX_PROMPT_BYTES = 256 * 1024;
/** How long a composer may take (ms). */
export const COMPOSE_MS = 5_000;
