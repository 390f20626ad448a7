import * as z from 'zod/mini';
import { lazily, wellFormed, byteLength } from '../schemas.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { metadataSchema } from './metadata-change.ts';
import { promptVariablesSchema } from '../prompts/prompt-options.ts';

const MAX_IDEMPOTENCY_KEY_BYTES = 255;

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
  promptVariables: z.optional(promptVariablesSchema()),
  promptRequired: z.optional(z.boolean()),
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
  const { limit = DEFAULT_PAGE, cursor } = readInput(pageSchema(), options);
  return { limit, cursor };
}

/** How long sessions must have been inactive (ms). */
export const inactiveForSchema = lazily(() =>
  z.optional(z.number().check(z.minimum(0), z.maximum(MAX_INACTIVE_SECONDS * 1000))),
);

/** How many sessions a cleanup may end. */
export const maxSessionsSchema = lazily(() => z.optional(z.number()));

const createOptionsSchema = lazily(() => z.strictObject(createOptionsShape()));

/**
 * What a create may say of the session; `inactivitySeconds` is 60 to 2,592,000 (30 days). `promptRequired`: fails rather than
 * creating a session whose prompt could not be composed as requested.
 */
export type CreateSessionOptions = z.infer<ReturnType<typeof createOptionsSchema>>;

export const parseCreateOptions = (options: unknown): CreateSessionOptions => readInput(createOptionsSchema(), options);
