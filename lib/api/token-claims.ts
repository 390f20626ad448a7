import { UnauthorizedError } from '../errors.ts';

/** As the JWT authorizer of HTTP APIs passes them on: texts, whatever they are in the token. */
export type Claims = Readonly<Record<string, unknown>>;

const LIST = /^\[.*\]$/s;
/** What nobody sees, or sees as a gap. Control characters are refused in every id. */
const UNSEEN = String.raw`[\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]`;
/** The second never begins within a gap: it would be tried at each place of a long one. */
const UNSEEN_AROUND = new RegExp(`^${UNSEEN}+|(?<!${UNSEEN})${UNSEEN}+$`, 'gu');
/** What a value that is no text in the token reads as: `[a b]`, `map[a:b]` or JSON, `true`, `<nil>`, `1e+21`. */
const NO_TEXT_IN_TOKEN = [
  /^$/,
  /^&?(map)?\[.*\]$/s,
  /^&?\{.*\}$/s,
  // As Go, Python, JavaScript and SQL write them. Other spellings may be somebody's name.
  /^(true|True|TRUE|false|False|FALSE)$/,
  /^(null|NULL|nil|<nil>|None|undefined)$/,
  /^([+-]?Inf(inity)?|NaN)$/,
  // What Go writes where it was told a wrong form.
  /^%!/,
  // With a sign or a point: hexadecimal ids may look like `12e3`.
  /^-?\d+(e[+-]|\.\d+e[+-]?)\d+$/i,
];
/** What Go writes inside a list for what is no text, and JSON for each. */
const NESTED = /[[\]{}"]/;

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

/**
 * The elements of a list, which are parted by one blank each; of any other text the text itself. None where one element is
 * no text: its words are not known from those of others.
 */
export function elementsOfClaim(claims: Claims, name: string): string[] {
  const value = ownClaim(claims, name);
  if (typeof value !== 'string') return [];
  if (!LIST.test(value)) return [value];
  const inside = value.slice(1, -1);
  return NESTED.test(inside) ? [] : inside.split(' ');
}

/** A token has no `constructor` because all objects have one. */
function ownClaim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function isPlainText(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const written = value.replaceAll(UNSEEN_AROUND, '');
  return !isJsonOtherThanNumber(written) && !NO_TEXT_IN_TOKEN.some((form) => form.test(written));
}

function isJsonOtherThanNumber(text: string): boolean {
  try {
    return typeof JSON.parse(text) !== 'number';
  } catch {
    return false;
  }
}
