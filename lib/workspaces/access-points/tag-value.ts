import { createHash } from 'node:crypto';

const MAX_CHARACTERS = 256;
const HASH_CHARACTERS = 32;
/** What EFS takes in a tag, without the `=` that begins an escape here. */
const PLAIN = /^[\p{L}\p{N}_.:/+\-@ ]$/u;

/**
 * Any text as the value of a tag, one value for each text: what EFS does not take is `=` and two hexadecimal digits for
 * each byte of UTF-8. What gets too long keeps its beginning and ends in a hash behind `==`, which no escape contains.
 */
export function tagValue(text: string): string {
  const escaped = [...text].map((character) => (PLAIN.test(character) ? character : escape(character)));
  if (escaped.join('').length <= MAX_CHARACTERS) return escaped.join('');
  const hash = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, HASH_CHARACTERS);
  let beginning = '';
  for (const next of escaped) {
    if (beginning.length + next.length > MAX_CHARACTERS - HASH_CHARACTERS - 2) break;
    beginning += next;
  }
  return `${beginning}==${hash}`;
}

const escape = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
