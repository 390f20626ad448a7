/** What a terminal would obey or hide instead of showing: control characters, and those that turn the direction. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text of agents and servers, on one line, with nothing in it that a terminal obeys. */
export const visible = (text: string): string =>
  text.replaceAll(UNSEEN, (sign) => (sign === '\n' ? '\\n' : sign === '\t' ? '\\t' : escaped(sign)));

/** The same for text of several lines. */
export const visibleLines = (text: string): string =>
  text.replaceAll(UNSEEN, (sign) => (sign === '\n' || sign === '\t' ? sign : escaped(sign)));

export const jsonLine = (value: unknown): string => jsonText(value);

/** JSON, which keeps its meaning with such characters escaped; those between its values are its own. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(UNSEEN, (sign) => (sign === '\n' ? sign : escaped(sign)));
}
