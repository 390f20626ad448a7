import { ValidationError } from '../../errors.ts';
import { jsonCopy, jsonNumber } from '../../json/json-copy.ts';
import { isRawJson, mayBeRounded } from '../../json/raw-json.ts';
import type { InvokedOnly, Route } from '../../operations/route.ts';

/** What is sent of an input. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * What is sent of an input: its own fields, each read once. Whether it may be repeated is a question about this copy. A field
 * that is passed on may have numbers of any size in it, BigInts among them.
 */
export function copyOfInput(input: unknown, row?: Route | InvokedOnly): Input {
  const copy = fieldsOf(input);
  if (typeof copy.toJSON === 'function') throw ValidationError.at('toJSON', 'would send something else');
  const fields = row && 'passedOn' in row ? (row.passedOn ?? []) : [];
  for (const field of fields) if (copy[field] !== undefined) copy[field] = copyOfField(field, copy[field]);
  return copy;
}

function fieldsOf(input: unknown): Record<string, unknown> {
  try {
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  } catch {
    throw ValidationError.at('', 'The input cannot be read');
  }
  throw ValidationError.at('', 'The input must be an object');
}

function copyOfField(field: string, value: unknown): unknown {
  try {
    return jsonCopy(value);
  } catch {
    throw ValidationError.at(field, 'cannot be written as JSON');
  }
}

export function asJson(value: unknown, replacer = jsonNumber): string {
  try {
    return JSON.stringify(value, replacer);
  } catch (thrown) {
    throw thrown instanceof ValidationError ? thrown : ValidationError.at('', 'The input cannot be written as JSON');
  }
}

/**
 * The input of an invocation, as JSON. Where `JSON.parse`, by which Lambda reads it, could change a number, it is a text with
 * that JSON in it.
 */
export function invocationInputJson(input: Input): string {
  let isForText = false;
  const json = asJson(input, (name, value) => {
    isForText ||= isRawJson(value) || (typeof value === 'number' && mayBeRounded(value));
    return jsonNumber(name, value);
  });
  return isForText ? JSON.stringify(json) : json;
}
