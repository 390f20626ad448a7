import { isUtf8 } from 'node:buffer';
import { ValidationError } from '../../errors.ts';

// The names of files are bytes, and not every one is UTF-8. Paths travel through this module as text. A name that is not
// UTF-8 has, for each byte above 127, the half of a surrogate pair that is 0xDC00 and the byte, as Python has it (PEP 383).
// No text that a caller can send has such a half, so two names never become one.

/** A path by the percent-encoded bytes of its names. */
export interface EncodedPath {
  encodedPath: string;
}

/** How callers of the library name what is in a workspace. */
export type FilePath = string | EncodedPath;

export const PERCENT_ENCODED = /^(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/;
export const PERCENT_ENCODED_MESSAGE = 'must be percent-encoded bytes';

const ESCAPE = 0xdc00;
/** ASCII, and halves that mean one byte each. */
const ESCAPED_NAME = /^[\0-\x7f\udc80-\udcff]*$/;

/** What the system calls take: text where the name is UTF-8, bytes where it is not. */
export function bytesOfName(name: string): string | Buffer {
  return name.isWellFormed() ? name : Buffer.from(unescaped(name), 'latin1');
}

/** The bytes in either case. */
export const bufferOfName = (name: string | Buffer): Buffer =>
  typeof name === 'string' ? Buffer.from(bytesOfName(name)) : name;

/** The same name for the same bytes, each time. */
export function nameOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const escaped = (byte: string) => String.fromCharCode(ESCAPE + byte.charCodeAt(0));
  return bytes.toString('latin1').replaceAll(/[\x80-\xff]/g, escaped);
}

/** Whether a name is text, or is written as `nameOfBytes` writes it. */
export const isName = (name: string): boolean =>
  name.isWellFormed() || (ESCAPED_NAME.test(name) && !isUtf8(Buffer.from(unescaped(name), 'latin1')));

export const byteLengthOfName = (name: string): number => Buffer.byteLength(bytesOfName(name));

/** Everything but letters, digits and `-._~` as `%XX`; slashes stay. */
export const percentEncoded = (bytes: Buffer): string =>
  bytes.toString('latin1').replaceAll(/[^A-Za-z0-9._~/-]/g, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });

/** The path whose percent-encoded bytes these are. Nothing is refused here but what is no such encoding. */
export function pathOfEncoded(encoded: string, field: string): string {
  if (!PERCENT_ENCODED.test(encoded)) throw ValidationError.at(field, PERCENT_ENCODED_MESSAGE);
  const bytes = encoded.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return bytes
    .split('/')
    .map((name) => nameOfBytes(Buffer.from(name, 'latin1')))
    .join('/');
}

const unescaped = (name: string): string =>
  name.replaceAll(/[\udc80-\udcff]/g, (half) => String.fromCharCode(half.charCodeAt(0) - ESCAPE));
