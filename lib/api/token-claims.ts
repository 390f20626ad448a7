import { UnauthorizedError } from '../errors.ts';

/** As the JWT authorizer of HTTP APIs passes them on: texts, whatever they are in the token. */
export type Claims = Readonly<Record<string, unknown>>;

const LIST = /^\[.*\]$/s;
/** What a value that is no text in the token reads as: `[a b]`, `map[a:b]` or JSON, `true`, `<nil>`, `1e+21`. */
const NO_TEXT_IN_TOKEN = [
  LIST,
  /^map\[.*\]$/s,
  /^\{.*\}$/s,
  /^(true|false|null|<nil>)$/,
  // With a sign or a point: hexadecimal ids may look like `12e3`.
  /^-?\d+(e[+-]|\.\d+e[+-]?)\d+$/i,
];

/** The claim that says who somebody is: exactly as it is, or refused. A list would be an id that nobody has chosen. */
export function idOfClaim(claims: Claims, name: string): string {
  const value = ownClaim(claims, name);
  if (value === undefined) throw new UnauthorizedError(`The token has no claim "${name}".`);
  if (!isPlainText(value)) {
    throw new UnauthorizedError(
      `The token's claim "${name}" must be a plain text: not empty, and no list, object, true, false, null or rounded number.`,
    );
  }
  return value;
}

/** The elements of a list, which are parted by one blank each; of any other text the text itself. */
export function elementsOfClaim(claims: Claims, name: string): string[] {
  const value = ownClaim(claims, name);
  if (typeof value !== 'string') return [];
  return LIST.test(value) ? value.slice(1, -1).split(' ') : [value];
}

/** A token has no `constructor` because all objects have one. */
function ownClaim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function isPlainText(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const isBlank = /^\p{Zs}*$/u.test(value);
  const written = value.trim();
  return !isBlank && !NO_TEXT_IN_TOKEN.some((form) => form.test(written));
}
