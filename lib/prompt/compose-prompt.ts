import pTimeout from 'p-timeout';
import { COMPOSE_MS, MAX_PROMPT_BYTES, type PromptComposer, type PromptRequest } from './prompt-composer.ts';

/** The prompt, or an empty one and what went wrong: a prompt never fails the session that it is for. */
export async function composePrompt(
  composer: PromptComposer,
  request: PromptRequest,
): Promise<{ systemPrompt: string; warning?: string }> {
  try {
    const systemPrompt = await pTimeout(
      Promise.resolve().then(() => composer.compose(request)),
      { milliseconds: COMPOSE_MS },
    );
    const problem = problemOfPrompt(systemPrompt);
    return problem ? { systemPrompt: '', warning: `composed prompt ${problem}` } : { systemPrompt };
  } catch (thrown) {
    return {
      systemPrompt: '',
      warning: `prompt composer failed: ${thrown instanceof Error ? thrown.name : 'unknown'}`,
    };
  }
}

/** What makes a text unfit as a system prompt, if anything. */
export function problemOfPrompt(systemPrompt: unknown): string | undefined {
  if (typeof systemPrompt !== 'string') return 'must be a string';
  if (!systemPrompt.isWellFormed()) return 'must be well-formed Unicode';
  if (Buffer.byteLength(systemPrompt, 'utf8') > MAX_PROMPT_BYTES) return `must have at most ${MAX_PROMPT_BYTES} bytes`;
  return undefined;
}
