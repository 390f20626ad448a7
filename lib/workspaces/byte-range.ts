import { ValidationError } from '../errors.ts';
import type { ByteRange } from './files/file-content.ts';

/** `bytes=2-5`, `bytes=2-`, `bytes=-3`: one range. Unknown units mean the same as no header (RFC 9110). */
export function parseRange(text: string | undefined): ByteRange | undefined {
  const [, ranges] = /^\s*bytes\s*=(.*)$/i.exec(text ?? '') ?? [];
  if (ranges === undefined) return undefined;
  const [, first = '', last = ''] = /^\s*(\d{0,15})-(\d{0,15})\s*$/.exec(ranges) ?? [];
  if (first !== '' && last === '') return { first: Number(first) };
  if (first !== '' && Number(first) <= Number(last)) return { first: Number(first), last: Number(last) };
  if (first === '' && Number(last) > 0) return { first: -Number(last) };
  throw ValidationError.at('range', 'must be one range of the form bytes=first-last');
}

/** `bytes 0-99/250`, of a body of that many bytes; `bytes *\/250` without one asks how much has arrived. */
export function parseContentRange(text: string, length: number): { first: number; total: number } {
  const [, asked, first, last, total] = /^\s*bytes (?:(\*)|(\d{1,15})-(\d{1,15}))\/(\d{1,15})\s*$/.exec(text) ?? [];
  const refuse = (message: string) => ValidationError.at('contentRange', message);
  if (total === undefined) throw refuse('must be of the form bytes first-last/total, or bytes */total');
  if (Number(total) === 0) throw refuse('is not for empty files: leave it out');
  if (asked !== undefined) {
    if (length > 0) throw refuse('must say where the content belongs');
    return { first: 0, total: Number(total) };
  }
  if (Number(last) - Number(first) + 1 !== length || length === 0) throw refuse(`does not fit ${length} bytes`);
  if (Number(last) >= Number(total)) throw refuse('ends behind the total');
  return { first: Number(first), total: Number(total) };
}
