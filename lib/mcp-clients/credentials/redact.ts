import { isRawJson } from '../../json/raw-json.ts';

/** What is shorter is no secret, and its characters are everywhere. */
const MIN_CHARS = 4;
/** A part of a secret that is shorter may be a word like `Bearer`. */
const MIN_PART_CHARS = 8;

/** Takes secrets out of texts, in upper and lower case, also where JSON, a URL, base64 or hexadecimal digits spell them. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.flatMap((secret) => [secret, ...partsOf(secret)]).filter(({ length }) => length >= MIN_CHARS);
  const spellings = [...new Set(known.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  if (spellings.length === 0) return (text) => text;
  // In one pass: one after the other would find the letters of a secret in the mark of another.
  const pattern = new RegExp(spellings.map(escaped).join('|'), 'gi');
  return (text) => text.replaceAll(pattern, '[secret]');
}

/**
 * The same for all texts in a JSON value, names included; a number with digits of its own keeps them. The value comes from
 * our parser, which bounds how deeply it is nested.
 */
export function redactJson(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  // `fromEntries` also makes a property of its own of `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [redact(name), redactJson(item, redact)]));
}

/** Of `Bearer <token>`, or of a list of cookies, a server may repeat one part alone. */
const partsOf = (secret: string) => secret.split(/[\s;,="]+/).filter(({ length }) => length >= MIN_PART_CHARS);

const spellingsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  new URLSearchParams([['', secret]]).toString().slice(1),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  ...[0, 1, 2].flatMap((bytesBefore) => insideBase64(secret, bytesBefore)),
];

/** As a part of a longer text that is encoded as a whole, such as `Bearer <token>`: the characters that depend on it alone. */
function insideBase64(secret: string, bytesBefore: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(bytesBefore), Buffer.from(secret)]);
  const [from, to] = [Math.ceil((bytesBefore * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return [bytes.toString('base64').slice(from, to), bytes.toString('base64url').slice(from, to)];
}

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
