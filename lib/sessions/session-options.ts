import * as z from 'zod/mini';
import { IN_ENGLISH, lazily } from '../schemas.ts';
import { ValidationError } from '../errors.ts';
import { problemOfPrompt } from '../prompts/compose-prompt.ts';

const MAX_METADATA_BYTES = 2 * 1024;
const MAX_VARIABLES_BYTES = 16 * 1024;
const MAX_IDEMPOTENCY_KEY_BYTES = 255;

const byteLength = (text: string) => Buffer.byteLength(text, 'utf8');
const jsonFits = (bytes: number) => (value: unknown) => byteLength(JSON.stringify(value)) <= bytes;
const wellFormed = lazily(() =>
  z.string().check(z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode')),
);

/** Names and values of the caller's own; at most 2 KB as JSON. */
export const metadataSchema = lazily(() =>
  z
    .record(wellFormed().check(z.minLength(1, 'a name must not be empty')), wellFormed())
    .check(z.refine(jsonFits(MAX_METADATA_BYTES), `must have at most ${MAX_METADATA_BYTES} bytes as JSON`)),
);

export const systemPromptSchema = lazily(() =>
  z.string().check(
    z.superRefine((systemPrompt, context) => {
      const problem = problemOfPrompt(systemPrompt);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  ),
);

export const idempotencyKeySchema = lazily(() =>
  wellFormed().check(
    z.minLength(1, 'must not be empty'),
    z.refine(
      (key) => byteLength(key) <= MAX_IDEMPOTENCY_KEY_BYTES,
      `must have at most ${MAX_IDEMPOTENCY_KEY_BYTES} bytes`,
    ),
  ),
);

export const createOptionsShape = () => ({
  metadata: z.optional(metadataSchema()),
  promptVariables: z.optional(
    z
      .record(z.string(), z.json())
      .check(z.refine(jsonFits(MAX_VARIABLES_BYTES), `must have at most ${MAX_VARIABLES_BYTES} bytes as JSON`)),
  ),
  inactivitySeconds: z.optional(z.int().check(z.minimum(60), z.maximum(2_592_000))),
  idempotencyKey: z.optional(idempotencyKeySchema()),
});

const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;
/** Ten years: longer than any session lives. */
export const MAX_INACTIVE_SECONDS = 315_360_000;

export const pageShape = () => ({
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_PAGE))),
  cursor: z.optional(z.string().check(z.maxLength(2048))),
});
const pageSchema = lazily(() => z.strictObject(pageShape()));

/** The part of a list that is asked for: 50 at a time unless it says otherwise. */
export function parsePage(options: unknown): { limit: number; cursor: string | undefined } {
  const { limit = DEFAULT_PAGE, cursor } = parseInput(pageSchema(), options);
  return { limit, cursor };
}

/** How long sessions must have been inactive (ms). */
export const inactiveForSchema = lazily(() =>
  z.optional(z.number().check(z.minimum(0), z.maximum(MAX_INACTIVE_SECONDS * 1000))),
);

const createOptionsSchema = lazily(() => z.strictObject(createOptionsShape()));

/** What a create may say of the session; `inactivitySeconds` is 60 to 2,592,000 (30 days). */
export type CreateSessionOptions = z.infer<ReturnType<typeof createOptionsSchema>>;

export const parseCreateOptions = (options: unknown): CreateSessionOptions =>
  parseInput(createOptionsSchema(), options);

/** The value as its schema gives it, or a `ValidationError` with the path of each field that is wrong. */
export function parseInput<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  refuseProto(value);
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

/** The schemas leave this name out without a word, at any depth. */
function refuseProto(value: unknown): void {
  const seen = new Set([value]);
  for (const next of seen) {
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) throw ValidationError.at('__proto__', 'is not a possible name');
    for (const inner of Object.values(next)) seen.add(inner);
  }
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
