import * as z from 'zod/mini';
import { ValidationError } from '../errors.ts';
import { lazily } from '../schemas.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { PERCENT_ENCODED, PERCENT_ENCODED_MESSAGE, pathOfEncoded, type FilePath } from './files/encoded-path.ts';

const MAX_ENCODED = 3 * 4096;

export const encodedPath = lazily(() =>
  z.string().check(z.maxLength(MAX_ENCODED), z.regex(PERCENT_ENCODED, PERCENT_ENCODED_MESSAGE)),
);

/** The fields of an operation's input that name one path: `path`, or `encodedPath` for names that are not UTF-8. */
export const pathShape = () => ({ path: z.optional(z.string()), encodedPath: z.optional(encodedPath()) });

/** The path of an input that has been parsed. It is given once, in one of the two fields. */
export function onePath(
  path: string | undefined,
  encoded: string | undefined,
  [field, encodedField]: readonly [string, string] = ['path', 'encodedPath'],
): FilePath {
  if (path !== undefined && encoded !== undefined) {
    throw ValidationError.at(encodedField, `must not be given together with ${field}`);
  }
  if (encoded !== undefined) return { encodedPath: encoded };
  if (path !== undefined) return path;
  throw ValidationError.at(field, `must be given, or ${encodedField}`);
}

const encodedSchema = lazily(() => z.strictObject({ encodedPath: encodedPath() }));

/** A path of the library's caller, as the files of a workspace take it. */
export function readPath(field: string, path: FilePath): string {
  if (typeof path === 'string') {
    if (!path.isWellFormed()) throw ValidationError.at(field, 'must be well-formed Unicode');
    return path;
  }
  if (typeof path !== 'object' || path === null) throw ValidationError.at(field, 'must be a string');
  return pathOfEncoded(readInput(encodedSchema(), path).encodedPath, field);
}
