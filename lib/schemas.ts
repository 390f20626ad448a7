import { en } from 'zod/locales';
import { lazily } from './lazily.ts';
import * as z from 'zod/mini';
import { ValidationError } from './errors.ts';
import { walkJson } from './json/json-walk.ts';
import { passedOnFields } from './json/passed-on.ts';
import { isRawJson } from './json/raw-json.ts';

/**
 * For each parse whose messages are read by people: what is wrong, in words, since `zod/mini` brings none of its own. Not as
 * a setting of zod, which is that of the whole process, and so of the program that embeds this.
 */
export const IN_ENGLISH = { error: en().localeError };

/** All schemas together would be a quarter of the time in which a function starts. */
export { lazily } from './lazily.ts';

/** All that was ever an id which callers chose for an MCP client or a prompt layer: some are stored. */
export const STORED_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/** The same without `.` and `..`, which no path of a URL can contain. Without a lookahead, which some generators lack. */
const ID_PATTERN =
  /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}|\.[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}|\.\.[A-Za-z0-9._-]{1,62})$/;

/** An id that callers choose, and that is a segment of a path. */
export const idSchema = lazily(() =>
  z.string().check(z.regex(ID_PATTERN, 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -, and not "." or ".."')),
);

/** The id of something that is to be removed, which may be older than the rule above. */
export const storedIdSchema = lazily(() =>
  z.string().check(z.regex(STORED_ID_PATTERN, 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -')),
);

export const wellFormed = lazily(() =>
  z.string().check(z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode')),
);

export const byteLength = (text: string) => Buffer.byteLength(text, 'utf8');
export const jsonFits = (bytes: number) => (value: unknown) => byteLength(JSON.stringify(value)) <= bytes;

/** The value as its schema gives it, or a `ValidationError` with the path of each field that is wrong. */
export function parseInput<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  refuseWhatSchemasChange(value, passedOnFields(schema));
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.data;
  throw new ValidationError(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not a known field' }))
        : [{ path: pathOf(issue.path), message: issue.message }],
    ),
  );
}

/** Options are taken apart before a schema sees them: what is no object would be an error of the language. */
export function checkOptions<T>(options: T): T {
  if (typeof options !== 'object' || options === null) throw ValidationError.at('', 'The options must be an object');
  return options;
}

/** Of a number that JavaScript cannot hold, in a field that is read and not only passed on. */
const WOULD_BE_ROUNDED = 'is a number that would be rounded';

/** At any depth: the schemas leave a `__proto__` out without a word, and see an object in a number that is kept as its text. */
function refuseWhatSchemasChange(input: unknown, passedOn: ReadonlySet<string>): void {
  walkJson(
    input,
    (value, place) => {
      if (typeof value !== 'object' || value === null) return;
      if (isRawJson(value)) throw ValidationError.at(pathOf(place()), WOULD_BE_ROUNDED);
      if (Object.hasOwn(value, '__proto__')) throw ValidationError.at('__proto__', 'is not a possible name');
    },
    passedOn,
  );
}

const pathOf = (path: PropertyKey[]) => path.map(String).join('.');

function safeParse<T>(schema: z.ZodMiniType<T>, value: unknown) {
  try {
    return schema.safeParse(value, IN_ENGLISH);
  } catch (thrown) {
    // The schemas of free-form JSON call themselves: the stack ends before the nesting does.
    if (thrown instanceof RangeError) throw ValidationError.at('', 'is nested too deeply');
    throw thrown;
  }
}
