import { ResponseTooLargeError } from '../errors.ts';

/** Lambda answers with at most 6 MiB; the envelope around a body takes some of it, and escapes quotes in it. */
const MAX_ANSWER_BYTES = 6 * 1024 * 1024 - 64 * 1024;

/** As Lambda will write it: `value` is what the handler returns. */
export function checkAnswerSize<T>(value: T): T {
  const bytes = Buffer.byteLength(JSON.stringify(value), 'utf8');
  if (bytes > MAX_ANSWER_BYTES) throw new ResponseTooLargeError(bytes, MAX_ANSWER_BYTES);
  return value;
}
