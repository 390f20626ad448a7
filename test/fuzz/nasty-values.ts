import fc from 'fast-check';
import { isRawJson, rawJson } from '../../lib/json/raw-json.ts';

/** The sizes that limits stand at, and one more. */
const SIZES = [0, 1, 64, 65, 128, 129, 255, 256, 257, 512, 513, 2048, 2049, 4096, 4097, 16_385, 65_537, 262_145];

const TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '../..',
  '/',
  '//',
  'a/../b',
  'a//b',
  '\0',
  'a\0b',
  '\n',
  '\r\n',
  '\u007f',
  '\ud800',
  '\udfff',
  'a\ud83d',
  '\u202eabc',
  '\ufeff',
  '\uffff',
  '\u0000\u0001',
  '🦊',
  'é',
  'e\u0301',
  'ﬀ',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'true',
  'NaN',
  '-0',
  '1e400',
  '0x10',
  '١',
  '[]',
  '{}',
  '*',
  '#',
  'a#b',
  'SESSION#',
  '%',
  '%00',
  '%2e%2e',
  '%E0%A4%A',
  '%FF',
  '"',
  "'",
  '`',
  '\\',
  '{{',
  '{{{a}}}',
  '{{#a}}',
  '{{/a}}',
  '{{=<% %>=}}',
  '{{>a}}',
  '${a}',
  '$(a)',
  '<a>',
  'W/"a"',
  '"a"',
  'bytes=0-',
  'bytes=-1',
  'bytes 0-0/1',
  'bytes */1',
  'bytes 0-9/99999999999999',
  '01a205c0-f5f3-757e-81b4-5a5fca0c1c0e',
];

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  -1.5,
  59,
  60,
  100,
  101,
  1000,
  1001,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e308,
  -1e308,
  5e-324,
];

/** With more digits than JavaScript keeps, where they are sent as a text. */
const EXACT = ['9007199254740993', '-9007199254740993', '60.00000000000000000001', '1e400', '12345678901234567890'].map(
  rawJson,
);

/** What breaks code that has not thought of it. */
export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.constantFrom(...EXACT) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...SIZES), fc.constantFrom('x', 'é', '🦊'))
      .map(([size, of]) => of.repeat(size)),
  },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { '': '' }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(10, 100, 800), fc.boolean()).map(([depth, isArray]) => nested(depth, isArray)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('__proto__', 'constructor', 'toString', 'then')
      .map((name) => withOwn({}, name, { a: 'b' })),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 90, max: 2_000 })
      .map((count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']))),
  },
);

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.tuple(fc.constantFrom(...SIZES), fc.constantFrom('x', 'é', '%41')).map(([size, of]) => of.repeat(size)),
);

/** As it is sent where there is no JSON: in a path, a query or a header. */
export function asText(value: unknown): string {
  if (isRawJson(value)) return value.rawJSON;
  return ['string', 'number', 'boolean'].includes(typeof value) ? `${value as string}` : '[object]';
}

function nested(depth: number, isArray: boolean): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = isArray ? [value] : { a: value };
  return value;
}

/** Also where the name is one that assignments do something else with. */
function withOwn(object: object, name: string, value: unknown): object {
  return Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

interface Change {
  what: 'replace' | 'remove' | 'add' | 'wrap';
  where: number;
  value: unknown;
}

const changes: fc.Arbitrary<Change> = fc.record({
  what: fc.constantFrom('replace' as const, 'replace' as const, 'remove' as const, 'add' as const, 'wrap' as const),
  where: fc.nat(1000),
  value: nasty,
});

/** Nearly what `valid` gives: none to three places are something else. */
export function spoiled(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const few = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Change[]>([]) },
    { weight: 5, arbitrary: fc.array(changes, { minLength: 1, maxLength: 3 }) },
  );
  // Each change puts in a copy of its own: the next one may change it, or put the same constant of this file into it.
  return fc
    .tuple(valid, few)
    .map(([value, spoil]) =>
      spoil.reduce((root, { value, ...change }) => changed(root, { ...change, value: copied(value) }), copied(value)),
    );
}

/** A copy, but of numbers that are kept as their text: `structuredClone` makes objects of them. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  if (Array.isArray(value)) return value.map(copied);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copied(inner)]));
}

function changed(root: unknown, { what, where, value }: Change): unknown {
  const places = placesIn(root);
  const place = places[where % Math.max(1, places.length)];
  if (!place) return value;
  const { holder, name } = place;
  if (what === 'remove') delete holder[name];
  else if (what === 'add') withOwn(holder, typeof value === 'string' ? value : 'unknown', value);
  else withOwn(holder, name, what === 'wrap' ? [holder[name]] : value);
  return root;
}

interface Place {
  holder: Record<string, unknown>;
  name: string;
}

function placesIn(root: unknown): Place[] {
  const places: Place[] = [];
  const waiting = [root];
  while (waiting.length > 0 && places.length < 200) {
    const holder = waiting.shift();
    if (typeof holder !== 'object' || holder === null || isRawJson(holder)) continue;
    for (const name of Object.keys(holder)) {
      places.push({ holder: holder as Record<string, unknown>, name });
      waiting.push((holder as Record<string, unknown>)[name]);
    }
  }
  return places;
}
