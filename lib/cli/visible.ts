/**
 * What a terminal would obey or hide instead of showing: control characters, characters that turn the direction, and those
 * without a width, such as U+200B, variation selectors and tags (U+E0000 to U+E0FFF). Lone surrogates are no characters.
 */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u{13430}-\u{1343f}]/gu;

/** As JSON writes it, in one escape or two. */
const escaped = (sign: string): string =>
  Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

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
