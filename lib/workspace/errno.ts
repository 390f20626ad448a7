import { types } from 'node:util';

/** True if the thrown value is a system error with one of these codes (`ENOENT`, …). */
export function hasErrno(thrown: unknown, ...codes: string[]): boolean {
  return types.isNativeError(thrown) && codes.includes((thrown as NodeJS.ErrnoException).code ?? '');
}
