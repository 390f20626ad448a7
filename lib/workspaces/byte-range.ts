import { ValidationError } from '../errors.ts';
import type { ByteRange } from './files/file-content.ts';

/**
 * `bytes=2-5`, `bytes=2-`, `bytes=-3`, or several of them with commas between. Units that are not known are as good as no
 * header (RFC 9110).
 */
export function parseRanges(text: string | undefined): ByteRange[] | undefined {
  const [, list] = /^\s*bytes\s*=(.*)$/i.exec(text ?? '') ?? [];
  if (list === undefined) return undefined;
  const ranges = list.split(',').filter((range) => range.trim() !== '');
  if (ranges.length === 0) throw malformed();
  return ranges.map(parseOne);
}

function parseOne(range: string): ByteRange {
  const [, first = '', last = ''] = /^\s*(\d*)-(\d*)\s*$/.exec(range) ?? [];
  if (first === '' && last === '') throw malformed();
  if (first === '') return lastBytes(numberOf(last));
  if (last === '') return { first: numberOf(first) };
  if (numberOf(first) > numberOf(last)) throw malformed();
  return { first: numberOf(first), last: numberOf(last) };
}

/** The last 0 bytes are a range that is in no file. */
const lastBytes = (count: number): ByteRange => (count === 0 ? { first: 0, last: -1 } : { first: -count });

/** No file is as long as the greatest safe integer. */
const numberOf = (digits: string): number => Math.min(Number(digits), Number.MAX_SAFE_INTEGER);

const malformed = () => ValidationError.at('range', 'must have ranges of the form bytes=first-last');

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
