import * as errors from '../../errors.ts';
import * as fileErrors from '../../workspaces/file-errors.ts';

/** `SESSION_NOT_FOUND` is a `SessionNotFoundError`: the compiler names the class that a code does not have. */
type ClassName<Code extends string> = `${PascalCase<Code>}Error`;
type PascalCase<Code extends string> = Code extends `${infer Word}_${infer Rest}`
  ? `${Capitalize<Lowercase<Word>>}${PascalCase<Rest>}`
  : Capitalize<Lowercase<Code>>;

/** By the names that the modules export, which minifiers keep, and not by those of the classes, which they change. */
const classes: Readonly<Record<ClassName<errors.ErrorCode>, { prototype: errors.SessionManagerError }>> = {
  ...errors,
  ...fileErrors,
};

/** What another process threw, as the same class here: message and details are those it was thrown with. */
export function errorOfCode(
  code: errors.ErrorCode,
  message: string,
  details: Record<string, unknown>,
): errors.SessionManagerError {
  const error = new errors.SessionManagerError(code, message, details);
  Object.setPrototypeOf(error, classes[error.name as ClassName<errors.ErrorCode>].prototype);
  return error;
}
