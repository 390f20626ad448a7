import type { ZodMiniType } from 'zod/mini';
import { ValidationError } from '../../errors.ts';
import { jsonCopy } from '../../json/json-copy.ts';
import { NestedTooDeeplyError } from '../../json/json-text.ts';
import { checkOptions, parseInput } from '../../schemas.ts';
import { outsideAudit } from './audit-context.ts';

// An input may have code of the caller's in it: getters, `toJSON`, a proxy. What that asks a manager for is no part of the
// operation that reads the input. So an operation reads each input here, once, and goes on with the copy.

/** The copy that the schema makes, or a `ValidationError` with the path of each field that is wrong. */
export const readInput = <T>(schema: ZodMiniType<T>, value: unknown): T =>
  readable(() => outsideAudit(() => parseInput(schema, value)));

/** The fields of an input that are checked later, one by one. What is in them has not been read. */
export const readFields = <T extends object>(input: T): T =>
  readable(() => outsideAudit(() => ({ ...checkOptions(input) })));

/** Getters and proxies throw anything. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw thrown instanceof ValidationError ? thrown : ValidationError.at('', 'The input cannot be read');
  }
}

/** Reads nothing: what is no text has code of its own to become one. */
export function readText(field: string, value: string): string {
  if (typeof value !== 'string') throw ValidationError.at(field, 'must be a string');
  return value;
}

/** As it would be sent, digit for digit. */
export function readJson<T>(field: string, value: T): T {
  try {
    return outsideAudit(() => jsonCopy(value) as T);
  } catch (thrown) {
    // The stack of `JSON.stringify` ends too.
    const isNesting = thrown instanceof NestedTooDeeplyError || thrown instanceof RangeError;
    throw ValidationError.at(field, isNesting ? 'is nested too deeply' : 'must be JSON');
  }
}

/** The same memory, without properties that the caller may have added to the object. */
export function readBytes(field: string, value: Uint8Array): Buffer {
  if (!ArrayBuffer.isView(value)) throw ValidationError.at(field, 'must be bytes');
  return outsideAudit(() => Buffer.from(value.buffer, value.byteOffset, value.byteLength));
}

/** Nothing but a signal of the platform: no code of the caller's runs when it is read. */
const isPlainSignal = (signal: AbortSignal): boolean =>
  Object.getPrototypeOf(signal) === AbortSignal.prototype &&
  Reflect.ownKeys(signal).every((key) => typeof key === 'symbol');

/**
 * Runs `work` with the caller's signal, or with none if there is none. In place of a signal that code has been added to it
 * gets one of our own, which aborts when the caller's does.
 */
export async function withSignal<T>(
  theirs: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (theirs === undefined || outsideAudit(() => isPlainSignal(theirs))) return work(theirs);
  const ours = new AbortController();
  const abort = () => outsideAudit(() => ours.abort(theirs.reason));
  outsideAudit(() => {
    if (theirs.aborted) abort();
    else theirs.addEventListener('abort', abort, { once: true });
  });
  try {
    return await work(ours.signal);
  } finally {
    outsideAudit(() => theirs.removeEventListener('abort', abort));
  }
}
