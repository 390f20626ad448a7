/** Visible ASCII, spaces and tabs, with none at either end. */
const PLAIN = /^[\x21-\x7E](?:[\x20-\x7E\t]*[\x21-\x7E])?$/;
const [PREFIX, SUFFIX] = ['=?base64?', '?='];

/** A text as the value of a header: as it is, or in Base64 where a header cannot hold it, or where it looks like Base64. */
export function headerValue(text: string): string {
  const isPlain = PLAIN.test(text) && !(text.startsWith(PREFIX) && text.endsWith(SUFFIX));
  return isPlain ? text : `${PREFIX}${Buffer.from(text, 'utf8').toString('base64')}${SUFFIX}`;
}
