import type { ErrorCode } from '../../error-catalogue.ts';
import * as tokenErrors from '../../agent-tokens/token-errors.ts';
import * as errors from '../../errors.ts';
import * as promptErrors from '../../prompts/prompt-errors.ts';
import * as fileErrors from '../../workspaces/file-errors.ts';

/** `SESSION_NOT_FOUND` is a `SessionNotFoundError`: the compiler names the class that a code does not have. */
type ClassName<Code extends string> = `${PascalCase<Code>}Error`;
type PascalCase<Code extends string> = Code extends `${infer Word}_${infer Rest}`
  ? `${Capitalize<Lowercase<Word>>}${PascalCase<Rest>}`
  : Capitalize<Lowercase<Code>>;

/** By the names that the modules export, which minifiers keep, and not by those of the classes, which they change. */
const classes = { ...errors, ...tokenErrors, ...promptErrors, ...fileErrors } satisfies {
  readonly [Code in ErrorCode as ClassName<Code>]: { prototype: errors.SessionManagerError & { readonly code: Code } };
};

/** The error of each code, as one type: where `code` is compared, `details` are those of that code. */
export type KnownError = (typeof classes)[ClassName<ErrorCode>]['prototype'];

/** An error of this library with a code that this version knows. */
export const isKnownError = (thrown: unknown): thrown is KnownError => thrown instanceof errors.CodedError;

/** What another process threw, as the same class here: message and details are those it was thrown with. */
export function errorOfCode(code: ErrorCode, message: string, details: Record<string, unknown>): errors.CodedError {
  const error = new errors.CodedError(code, message, details);
  Object.setPrototypeOf(error, classes[error.name as ClassName<ErrorCode>].prototype);
  return error;
}
