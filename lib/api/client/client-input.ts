import { ValidationError } from '../../errors.ts';

/** What is sent of an input: its own fields, each read once. Whether it may be repeated is a question about this copy. */
export function copyOfInput(input: unknown): Readonly<Record<string, unknown>> {
  const copy = fieldsOf(input);
  if (typeof copy.toJSON === 'function') throw ValidationError.at('toJSON', 'would send something else');
  return copy;
}

function fieldsOf(input: unknown): Readonly<Record<string, unknown>> {
  try {
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  } catch {
    throw ValidationError.at('', 'The input cannot be read');
  }
  throw ValidationError.at('', 'The input must be an object');
}

export function asJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw ValidationError.at('', 'The input cannot be written as JSON');
  }
}
