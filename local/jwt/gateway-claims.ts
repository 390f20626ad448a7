/** Claims as the JWT authorizer of HTTP APIs passes them on: each one is a text, a list is `[a b]`. */
export const gatewayClaims = (payload: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, asText(value)]));

/** In Go's format, which is the gateway's. */
function asText(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(asText).join(' ')}]`;
  if (typeof value !== 'object') return `${value as string | number | boolean}`;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${fields.map(([name, field]) => `${name}:${asText(field)}`).join(' ')}]`;
}
