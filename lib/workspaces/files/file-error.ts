import { TimeoutError } from 'p-timeout';
import { ContentionError, NotAvailableError, SessionManagerError, ValidationError } from '../../errors.ts';
import {
  DirectoryNotEmptyError,
  FileNotFoundError,
  FilePermissionError,
  NotAFileError,
  PathOutsideWorkspaceError,
  WorkspaceFullError,
} from '../file-errors.ts';
import { errnoOf, hasErrno } from './errno.ts';

export const fileSystemBusy = (cause: unknown) => new ContentionError(cause, 'The file system');

const errorOf: Readonly<Record<string, (cause: unknown) => Error>> = {
  ENOENT: () => new FileNotFoundError(),
  ENOTDIR: () => new NotAFileError('leads through something that is not a directory'),
  EISDIR: () => new NotAFileError('is that of a directory'),
  ENXIO: () => new NotAFileError('is that of something that is no file'),
  ELOOP: () => new PathOutsideWorkspaceError('leads through a symbolic link, which is not followed'),
  // An immutable file is EPERM, and a read-only mount in a workspace is EROFS.
  EACCES: () => new FilePermissionError(),
  EPERM: () => new FilePermissionError(),
  EROFS: () => new FilePermissionError(),
  EXDEV: () => new NotAFileError('leads into another file system'),
  ENOTEMPTY: () => new DirectoryNotEmptyError(),
  EEXIST: () => new DirectoryNotEmptyError(),
  EBUSY: (cause) => fileSystemBusy(cause),
  EIO: (cause) => fileSystemBusy(cause),
  // NFS: what the descriptor named has been removed or replaced by another host, so that a file may be there.
  ESTALE: (cause) => fileSystemBusy(cause),
  ENAMETOOLONG: () => ValidationError.at('path', 'is too long'),
  ENOTSUP: () => new NotAvailableError('This operation on files'),
  // As many names as one file, or directories as one directory, may have there.
  EMLINK: (cause) => new WorkspaceFullError({}, cause),
  ENOSPC: (cause) => new WorkspaceFullError({}, cause),
  EDQUOT: (cause) => new WorkspaceFullError({}, cause),
};

/** The error that a caller receives for a system error; any other error stays as it was thrown. */
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
    if (thrown instanceof SessionManagerError) throw thrown;
    throw errnoOf(thrown) !== undefined || thrown instanceof TimeoutError ? fileSystemBusy(thrown) : thrown;
  }
}

/** The same where a file is staged, for which there may be no room. */
export async function orStagingError<T>(step: Promise<T>): Promise<T> {
  const staged = step.catch((thrown: unknown) => {
    const error = toFileError(thrown);
    throw error instanceof WorkspaceFullError ? error : thrown;
  });
  return orFileSystemBusy(staged);
}

/** Reads again from the beginning, by new descriptors, if another host has replaced the file. */
export async function againIfStale<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!isStale(thrown)) throw thrown;
    return read();
  }
}

/** As it was thrown, or as a caller receives it. */
const isStale = (thrown: unknown): boolean =>
  hasErrno(thrown, 'ESTALE') || (thrown instanceof ContentionError && hasErrno(thrown.cause, 'ESTALE'));
