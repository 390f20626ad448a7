import * as z from 'zod/mini';
import { ValidationError } from '../errors.ts';
import { jsonFits, lazily, wellFormed } from '../schemas.ts';
import { readFields, readInput } from '../telemetry/audit/callers-input.ts';

const MAX_METADATA_BYTES = 2 * 1024;
const fits = jsonFits(MAX_METADATA_BYTES);
const TOO_LARGE = `must have at most ${MAX_METADATA_BYTES} bytes as JSON`;

const nameSchema = lazily(() => wellFormed().check(z.minLength(1, 'a name must not be empty')));

/** Names and values of the caller's own; at most 2 KB as JSON. */
export const metadataSchema = lazily(() =>
  z.record(nameSchema(), wellFormed()).check(z.refine((metadata) => fits(metadata), TOO_LARGE)),
);

/** Names and values; `null`, where it is merged, removes a name. */
export type MetadataPatch = Readonly<Record<string, string | null>>;

export interface MetadataOptions {
  /** Only if the session has this version; `SessionConflictError` otherwise. */
  version?: number | undefined;
  /** Merges by RFC 7396 instead of replacing all: what is not named stays, and `null` removes a name. */
  merge?: boolean | undefined;
}

export interface MetadataChange extends MetadataOptions {
  metadata: MetadataPatch;
}

const changeShape = () => ({
  metadata: z.record(nameSchema(), z.nullable(wellFormed())),
  version: z.optional(z.int().check(z.minimum(1))),
  merge: z.optional(z.boolean()),
});

/** A change, with further fields of the request. What is merged has its bound afterwards: it may remove more than it adds. */
export const metadataChangeSchema = <Shape extends z.core.$ZodShape>(more: Shape) =>
  z.strictObject({ ...more, ...changeShape() }).check((context) => {
    const { metadata, merge } = context.value as MetadataChange;
    if (merge) return;
    const refuse = (path: string[], message: string) =>
      context.issues.push({ code: 'custom', input: metadata, path: ['metadata', ...path], message });
    for (const [name, value] of Object.entries(metadata)) if (value === null) refuse([name], 'must be a string');
    if (!fits(metadata)) refuse([], TOO_LARGE);
  });

const ownSchema = lazily(() => metadataChangeSchema({}));

export const readMetadataChange = (metadata: MetadataPatch, options: MetadataOptions): MetadataChange =>
  readInput(ownSchema(), { ...readFields(options), metadata });

/** The metadata after the change. Throws `ValidationError` where it is too large then. */
export function metadataAfter(
  current: Readonly<Record<string, string>>,
  { metadata, merge }: MetadataChange,
): Record<string, string> {
  const entries = new Map<string, string | null>(Object.entries(merge ? current : {}));
  for (const [name, value] of Object.entries(metadata)) entries.set(name, value);
  const after = Object.fromEntries([...entries].filter((entry): entry is [string, string] => entry[1] !== null));
  if (!fits(after)) throw ValidationError.at('metadata', TOO_LARGE);
  return after;
}
