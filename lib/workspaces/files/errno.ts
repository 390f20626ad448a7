import { types } from 'node:util';

/** The code of a system error (`ENOENT`, …); of anything else none. */
export function errnoOf(thrown: unknown): string | undefined {
  return types.isNativeError(thrown) ? (thrown as NodeJS.ErrnoException).code : undefined;
}

/** True if the thrown value is a system error with one of these codes. */
export function hasErrno(thrown: unknown, ...codes: string[]): boolean {
  return codes.includes(errnoOf(thrown) ?? '');
}
