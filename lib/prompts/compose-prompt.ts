import { answerInTime } from '../answer-in-time.ts';
import {
  COMPOSE_MS,
  MAX_PROMPT_BYTES,
  type Composed,
  type ComposedPrompt,
  type PromptComposer,
  type PromptRequest,
} from './prompt-composer.ts';

/** More would make an audit event that no log takes, and an answer of warnings. */
const MAX_WARNINGS = 10;
const MAX_CHARACTERS = 256;

/**
 * The prompt, or an empty one, and what went wrong. Callers read the warnings: of what a composer throws they have the name
 * alone, never a message.
 */
export async function composePrompt(composer: PromptComposer, request: PromptRequest): Promise<ComposedPrompt> {
  try {
    const composed = await answerInTime(composer.compose(request), COMPOSE_MS);
    const { systemPrompt, warnings } = partsOf(composed);
    const problem = problemOfPrompt(systemPrompt);
    if (problem) return { systemPrompt: '', warnings: [`composed prompt ${problem}`] };
    return { systemPrompt: systemPrompt as string, warnings: bounded(warnings) };
  } catch (thrown) {
    return { systemPrompt: '', warnings: [`prompt composer failed: ${nameOf(thrown)}`] };
  }
}

/** Each field is read once. Without types a composer may answer anything. */
function partsOf(composed: Composed): { systemPrompt: unknown; warnings: readonly unknown[] } {
  if (typeof composed !== 'object' || composed === null) return { systemPrompt: composed, warnings: [] };
  const { systemPrompt, warnings }: Partial<ComposedPrompt> = composed;
  return { systemPrompt, warnings: [warnings ?? []].flat() };
}

function bounded(warnings: readonly unknown[]): string[] {
  const more = warnings.length - MAX_WARNINGS;
  return [...warnings.slice(0, MAX_WARNINGS).map(shortened), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** It may be anything: a name that is no text, and one that throws when it is read. */
function nameOf(thrown: unknown): string {
  try {
    return shortened(thrown instanceof Error ? thrown.name : undefined);
  } catch {
    return shortened(undefined);
  }
}

const shortened = (text: unknown): string =>
  typeof text === 'string' && text !== '' ? text.slice(0, MAX_CHARACTERS).toWellFormed() : 'unknown';

/** What makes a text unfit as a system prompt, if anything. */
export function problemOfPrompt(systemPrompt: unknown): string | undefined {
  if (typeof systemPrompt !== 'string') return 'must be a string';
  if (!systemPrompt.isWellFormed()) return 'must be well-formed Unicode';
  if (Buffer.byteLength(systemPrompt, 'utf8') > MAX_PROMPT_BYTES) return `must have at most ${MAX_PROMPT_BYTES} bytes`;
  return undefined;
}
