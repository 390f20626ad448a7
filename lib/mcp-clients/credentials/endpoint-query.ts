/** A value that is shorter is no secret, and may be a word that servers use: a redacted text would be no help. */
const MIN_VALUE_CHARS = 8;

/** An endpoint in two parts: what is stored and returned as it is, and its query, which often has a key of an API. */
export interface SplitEndpoint {
  endpoint: string;
  /** With its `?`; empty if there is none. */
  query: string;
}

/** A fragment is left out: it never leaves a client. Anything is taken that the table may contain, also what is no URL. */
export function splitEndpoint(whole: string): SplitEndpoint {
  const [, endpoint = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(whole) ?? [];
  return { endpoint, query: query === '?' ? '' : query };
}

/** What is secret in a query: values, and what has no value; short ones only together with their names. */
export function secretsInQuery(query: string): string[] {
  const pairs = query.slice(1).split('&');
  return pairs.filter(Boolean).flatMap((pair) => {
    const [name = '', ...rest] = pair.split('=');
    const value = rest.length > 0 ? rest.join('=') : name;
    return value.length < MIN_VALUE_CHARS ? [pair] : [value, decoded(value)];
  });
}

const decoded = (value: string) => new URLSearchParams(`x=${value}`).get('x') ?? value;
