import { ValidationError } from '../../errors.ts';
import { NotAFileError, PathOutsideWorkspaceError } from '../file-errors.ts';
import { byteLengthOfName, isName } from './encoded-path.ts';

export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4096;
/** A descriptor is opened for each level, one after the other. */
export const MAX_LEVELS = 128;

/** With one byte for each slash. */
function byteLength(names: string[]): number {
  return names.reduce((sum, name) => sum + byteLengthOfName(name), names.length - 1);
}

/**
 * The names that lead from the workspace to what a caller means; none: the workspace itself. `.` and doubled slashes
 * mean nothing, `..` and a slash in front lead out and are refused, also where they would come back in. `field` is what
 * the caller calls the path.
 */
export function directoryNames(path: string, field = 'path'): string[] {
  const parts = path.split('/');
  if (!parts.every(isName)) throw ValidationError.at(field, 'must be well-formed Unicode');
  if (path.includes('\0')) throw ValidationError.at(field, 'must not contain NUL');
  if (byteLength(parts) > MAX_PATH_BYTES) throw ValidationError.at(field, `must have at most ${MAX_PATH_BYTES} bytes`);
  if (path.startsWith('/')) throw new PathOutsideWorkspaceError('begins with a slash; it must be relative');
  const names = parts.filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new PathOutsideWorkspaceError('contains “..”');
  if (names.length > MAX_LEVELS) throw ValidationError.at(field, `must have at most ${MAX_LEVELS} levels`);
  const isTooLong = names.some((name) => byteLengthOfName(name) > MAX_NAME_BYTES);
  if (isTooLong) throw ValidationError.at(field, `must have names of at most ${MAX_NAME_BYTES} bytes`);
  return names;
}

/** The same for a file: its directory's names, and its own. */
export function fileNames(path: string): { parents: string[]; name: string } {
  const parents = directoryNames(path);
  const name = parents.pop();
  if (name === undefined) throw new NotAFileError('is that of the workspace itself');
  if (endsLikeDirectory(path)) throw new NotAFileError('ends like that of a directory');
  return { parents, name };
}

export const endsLikeDirectory = (path: string): boolean => /\/\.?$/.test(path);
