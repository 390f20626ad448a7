import { CodedError, type NoDetails } from '../errors.ts';

export class FileNotFoundError extends CodedError<'FILE_NOT_FOUND', NoDetails> {
  constructor() {
    super('FILE_NOT_FOUND', 'There is nothing at this path.', {});
  }
}

type HardLinkDetails = { names?: number; found?: number; searched?: number };

/**
 * The path leads out of the workspace, or what it names may be outside as well: links are not followed. Of a file with hard
 * links: how many `names` it has, how many were `found`, and where the search was cut, how many entries it `searched`.
 */
export class PathOutsideWorkspaceError extends CodedError<'PATH_OUTSIDE_WORKSPACE', HardLinkDetails> {
  constructor(problem: string, details: HardLinkDetails = {}) {
    super('PATH_OUTSIDE_WORKSPACE', `The path ${problem}.`, details);
  }
}

/** What is at the path, or on the way to it, is of another kind than the operation needs. */
export class NotAFileError extends CodedError<'NOT_A_FILE', NoDetails> {
  constructor(problem: string) {
    super('NOT_A_FILE', `The path ${problem}.`, {});
  }
}

export class DirectoryNotEmptyError extends CodedError<'DIRECTORY_NOT_EMPTY', NoDetails> {
  constructor(message = 'The directory is not empty. With recursive=true, what is in it goes as well.') {
    super('DIRECTORY_NOT_EMPTY', message, {});
  }
}

/** Something is where a move or a copy leads, and nothing was to be replaced. */
export class FileExistsError extends CodedError<'FILE_EXISTS', NoDetails> {
  constructor() {
    super('FILE_EXISTS', 'Something is there already. With overwrite, a file or an empty directory is replaced.', {});
  }
}

/** The agent has closed a file or a directory to the functions. Only the agent can open it again. */
export class FilePermissionError extends CodedError<'FILE_PERMISSION', NoDetails> {
  constructor() {
    super('FILE_PERMISSION', 'The permissions that the agent has set there do not allow this.', {});
  }
}

type TooLargeDetails = { size?: number; limit?: number; seconds?: number };

/** More than one request or answer carries: larger files go up in parts and down in ranges. */
export class FileTooLargeError extends CodedError<'FILE_TOO_LARGE', TooLargeDetails> {
  constructor(
    size: number,
    limit: number,
    message = `${size} bytes are too many: one request carries at most ${limit}.`,
    details: TooLargeDetails = { size, limit },
  ) {
    super('FILE_TOO_LARGE', message, details);
  }
}

/** The workspace has no room for this. `limit` and `bytes` are there if it is the configured limit that says so. */
export class WorkspaceFullError extends CodedError<'WORKSPACE_FULL', { limit?: number; bytes?: number }> {
  constructor(details: { limit?: number; bytes?: number } = {}, cause?: unknown) {
    super('WORKSPACE_FULL', 'The workspace has no room for this.', details, cause);
  }
}

/** The file is not, or no longer, what the request says it must be. */
export class PreconditionFailedError extends CodedError<'PRECONDITION_FAILED', { etag?: string }> {
  constructor(etag?: string) {
    super(
      'PRECONDITION_FAILED',
      'The file is not what the request says it must be.',
      etag === undefined ? {} : { etag },
    );
  }
}

type RangeDetails =
  { size: number; received?: never; total?: never } | { received: number; total: number; size?: never };

/** The range is not in the file (`size`), or the part does not follow what has arrived so far (`received`). */
export class RangeNotSatisfiableError extends CodedError<'RANGE_NOT_SATISFIABLE', RangeDetails> {
  constructor(problem: string, details: RangeDetails) {
    super('RANGE_NOT_SATISFIABLE', `The range ${problem}.`, details);
  }
}
