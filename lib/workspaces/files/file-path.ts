import { ValidationError } from '../../errors.ts';
import { NotAFileError, PathOutsideWorkspaceError } from '../file-errors.ts';

const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
/** A descriptor is opened for each level, one after the other. */
export const MAX_LEVELS = 128;

const byteLength = (text: string) => Buffer.byteLength(text, 'utf8');

/**
 * The names that lead from the workspace to what a caller means; none: the workspace itself. `.` and doubled slashes
 * mean nothing, `..` and a slash in front lead out and are refused, also where they would come back in.
 */
export function directoryNames(path: string): string[] {
  if (!path.isWellFormed()) throw ValidationError.at('path', 'must be well-formed Unicode');
  if (path.includes('\0')) throw ValidationError.at('path', 'must not contain NUL');
  if (byteLength(path) > MAX_PATH_BYTES) throw ValidationError.at('path', `must have at most ${MAX_PATH_BYTES} bytes`);
  if (path.startsWith('/')) throw new PathOutsideWorkspaceError('begins with a slash; it must be relative');
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new PathOutsideWorkspaceError('contains “..”');
  if (names.length > MAX_LEVELS) throw ValidationError.at('path', `must have at most ${MAX_LEVELS} levels`);
  const isTooLong = names.some((name) => byteLength(name) > MAX_NAME_BYTES);
  if (isTooLong) throw ValidationError.at('path', `must have names of at most ${MAX_NAME_BYTES} bytes`);
  return names;
}

/** The same for a file: its directory's names, and its own. */
export function fileNames(path: string): { parents: string[]; name: string } {
  const parents = directoryNames(path);
  const name = parents.pop();
  if (name === undefined) throw new NotAFileError('is that of the workspace itself');
  if (/\/\.?$/.test(path)) throw new NotAFileError('ends like that of a directory');
  return { parents, name };
}
