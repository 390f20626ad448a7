import { ValidationError } from '../errors.ts';
import { parseJson } from './json-text.ts';
import { rawJson } from './raw-json.ts';

/** The value as it would be sent, digit for digit: a BigInt as its digits. Throws for what JSON does not have. */
export function jsonCopy(value: unknown): unknown {
  const digits = (name: string, inner: unknown) =>
    typeof inner === 'bigint' ? rawJson(String(inner)) : jsonNumber(name, inner);
  return parseJson(JSON.stringify(value, digits));
}

/** For `JSON.stringify`, which would write `null` for NaN and the infinities: for a limit that means none. */
export function jsonNumber(name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw ValidationError.at(name, 'is a number that JSON does not have');
  return value;
}
