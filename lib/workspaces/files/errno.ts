import { types } from 'node:util';

/** The code of a system error (`ENOENT`, …); of anything else none. */
export function errnoOf(thrown: unknown): string | undefined {
  return types.isNativeError(thrown) ? (thrown as NodeJS.ErrnoException).code : undefined;
}

/** An error of a call on files, or of a file system that did not answer. Sockets have no paths. */
export const isFileSystemError = (thrown: unknown): boolean =>
  types.isNativeError(thrown) && ('path' in thrown || thrown.name === 'TimeoutError');

/** True if the thrown value is a system error with one of these codes. */
export function hasErrno(thrown: unknown, ...codes: string[]): boolean {
  return codes.includes(errnoOf(thrown) ?? '');
}
