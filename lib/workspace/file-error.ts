import { TimeoutError } from 'p-timeout';
import { ContentionError, ForbiddenError, ValidationError } from '../errors.ts';
import {
  DirectoryNotEmptyError,
  FileNotFoundError,
  NotAFileError,
  PathOutsideWorkspaceError,
  WorkspaceFullError,
} from '../file-errors.ts';
import { errnoOf } from './errno.ts';

const fileSystemBusy = (cause: unknown) => new ContentionError(cause, 'The file system');

const errorOf: Readonly<Record<string, (cause: unknown) => Error>> = {
  ENOENT: () => new FileNotFoundError(),
  // NFS: what the descriptor named has been removed by another host.
  ESTALE: () => new FileNotFoundError(),
  ENOTDIR: () => new NotAFileError('leads through something that is not a directory'),
  EISDIR: () => new NotAFileError('is that of a directory'),
  ENXIO: () => new NotAFileError('is that of something that is no file'),
  ELOOP: () => new PathOutsideWorkspaceError('leads through a symbolic link, which is not followed'),
  EACCES: () => new ForbiddenError('The permissions that the agent has set there do not allow this.'),
  EPERM: () => new ForbiddenError('The permissions that the agent has set there do not allow this.'),
  ENOTEMPTY: () => new DirectoryNotEmptyError(),
  EEXIST: () => new DirectoryNotEmptyError(),
  EBUSY: (cause) => fileSystemBusy(cause),
  EIO: (cause) => fileSystemBusy(cause),
  ENAMETOOLONG: () => ValidationError.at('path', 'is too long'),
  ENOSPC: (cause) => new WorkspaceFullError({}, cause),
  EDQUOT: (cause) => new WorkspaceFullError({}, cause),
};

/** What a caller is told of a system error; anything else is as it was thrown. */
export function toFileError(thrown: unknown): unknown {
  if (thrown instanceof TimeoutError) return fileSystemBusy(thrown);
  const code = errnoOf(thrown);
  return (code !== undefined && errorOf[code]?.(thrown)) || thrown;
}

/** For steps with directories of our own: no agent has a part in what goes wrong there, and repeating is safe. */
export async function orFileSystemBusy<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (thrown) {
    throw errnoOf(thrown) !== undefined || thrown instanceof TimeoutError ? fileSystemBusy(thrown) : thrown;
  }
}
