import { SessionManagerError } from '../errors.ts';

export class FileNotFoundError extends SessionManagerError {
  constructor() {
    super('FILE_NOT_FOUND', 'There is nothing at this path.');
  }
}

/**
 * The path leads out of the workspace, or what it names may be outside as well: links are not followed. Of a file with hard
 * links: how many `names` it has, how many were `found`, and where the search was cut, how many entries it `searched`.
 */
export class PathOutsideWorkspaceError extends SessionManagerError {
  constructor(problem: string, details: { names?: number; found?: number; searched?: number } = {}) {
    super('PATH_OUTSIDE_WORKSPACE', `The path ${problem}.`, details);
  }
}

/** What is at the path, or on the way to it, is of another kind than the operation needs. */
export class NotAFileError extends SessionManagerError {
  constructor(problem: string) {
    super('NOT_A_FILE', `The path ${problem}.`);
  }
}

export class DirectoryNotEmptyError extends SessionManagerError {
  constructor(message = 'The directory is not empty. With recursive=true, what is in it goes as well.') {
    super('DIRECTORY_NOT_EMPTY', message);
  }
}

/** Something is where a move or a copy leads, and nothing was to be replaced. */
export class FileExistsError extends SessionManagerError {
  constructor() {
    super('FILE_EXISTS', 'Something is there already. With overwrite, a file is replaced.');
  }
}

/** The agent has closed a file or a directory to the functions. Only the agent can open it again. */
export class FilePermissionError extends SessionManagerError {
  constructor() {
    super('FILE_PERMISSION', 'The permissions that the agent has set there do not allow this.');
  }
}

/** More than one request or answer carries: larger files go up in parts and down in ranges. */
export class FileTooLargeError extends SessionManagerError {
  constructor(
    size: number,
    limit: number,
    message = `${size} bytes are too many: one request carries at most ${limit}.`,
    details: Record<string, unknown> = { size, limit },
  ) {
    super('FILE_TOO_LARGE', message, details);
  }
}

/** The workspace has no room for this. `limit` and `bytes` are there if it is the configured limit that says so. */
export class WorkspaceFullError extends SessionManagerError {
  constructor(details: { limit?: number; bytes?: number } = {}, cause?: unknown) {
    super('WORKSPACE_FULL', 'The workspace has no room for this.', details, cause);
  }
}

/** The file is not, or no longer, what the request says it must be. */
export class PreconditionFailedError extends SessionManagerError {
  constructor(etag?: string) {
    super(
      'PRECONDITION_FAILED',
      'The file is not what the request says it must be.',
      etag === undefined ? {} : { etag },
    );
  }
}

/** The range is not in the file (`size`), or the part does not follow what has arrived so far (`received`). */
export class RangeNotSatisfiableError extends SessionManagerError {
  constructor(problem: string, details: { size: number } | { received: number; total: number }) {
    super('RANGE_NOT_SATISFIABLE', `The range ${problem}.`, details);
  }
}
