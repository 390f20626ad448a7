import { isDecimalKept } from './decimal.ts';
import { rawJson } from './raw-json.ts';

/** Throws for bytes that are no UTF-8, which would be read as other text. Ignores a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A number with 15 significant digits and an exponent of two digits is always kept: only others are looked at. */
const MAY_BE_ROUNDED = /[\d.]{16}|[eE][+-]?\d{3}/;

/** Far more than any document has; recursive code after the parser works with this many (levels). */
export const MAX_NESTING = 500;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPENING_BRACE, CLOSING_BRACE, OPENING_BRACKET, CLOSING_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What is JSON, and nested more deeply than is read. */
export class NestedTooDeeplyError extends Error {
  override readonly name = 'NestedTooDeeplyError';
}

/**
 * The value of a JSON text. A number that JavaScript cannot hold, such as 9007199254740993, is an object of `JSON.rawJSON`:
 * `JSON.stringify` writes it with the digits that it came with, and `JSON.isRawJSON` recognizes it. A byte order mark is
 * ignored (RFC 8259, 8.1). Throws a `SyntaxError` for what is not JSON, and `NestedTooDeeplyError`.
 */
export function parseJson(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  if (isNestedTooDeeply(json)) throw new NestedTooDeeplyError(`has more than ${MAX_NESTING} levels`);
  return MAY_BE_ROUNDED.test(json) ? parseRevived(json, withoutRounding) : JSON.parse(json);
}

/** The text that these bytes are. Throws where they are not UTF-8. */
export const utf8Of = (bytes: Uint8Array): string => utf8.decode(bytes);

/** As the language has it; TypeScript's own declaration is older. */
const parseRevived = JSON.parse as (
  json: string,
  reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function withoutRounding(_name: string, value: unknown, { source }: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && source !== undefined && !isDecimalKept(source, value);
  return isRounded ? rawJson(source) : value;
}

/** Counts brackets outside of strings: a parser that calls itself would end the process's stack before it could say so. */
function isNestedTooDeeply(json: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        isInString = !isInString;
        break;
      case BACKSLASH:
        if (isInString) at++;
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        if (!isInString && ++depth > MAX_NESTING) return true;
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        if (!isInString) depth--;
    }
  }
  return false;
}
