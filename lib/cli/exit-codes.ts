import type { ErrorCode } from '../errors.ts';

/** What a program that runs this one may tell apart without reading. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  tryLater: 4,
  notAllowed: 5,
  noAnswer: 6,
  interrupted: 130,
  terminated: 143,
} as const;

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'refused or failed, in any way that is not below',
  [EXIT.usage]: 'the command line, or a value in it, is wrong',
  [EXIT.notFound]: 'no such session, MCP client or file, or not yours',
  [EXIT.tryLater]: 'a limit is reached or the service is busy: the same may succeed later',
  [EXIT.notAllowed]: 'nobody is named as the caller, or may not do this',
  [EXIT.noAnswer]: 'the server cannot be reached, or did not answer in time',
  [EXIT.interrupted]: 'interrupted (Ctrl-C)',
  [EXIT.terminated]: 'terminated (SIGTERM)',
};

export const exitCodeOf: Readonly<Record<ErrorCode, number>> = {
  SESSION_NOT_FOUND: EXIT.notFound,
  MAX_SESSIONS_REACHED: EXIT.tryLater,
  WORKSPACE_CREATION: EXIT.tryLater,
  INVALID_USER_ID: EXIT.usage,
  INVALID_ORG_ID: EXIT.usage,
  VALIDATION: EXIT.usage,
  UNAUTHORIZED: EXIT.notAllowed,
  FORBIDDEN: EXIT.notAllowed,
  IDEMPOTENCY_CONFLICT: EXIT.failed,
  MCP_CLIENT_EXISTS: EXIT.failed,
  MCP_CLIENT_NOT_FOUND: EXIT.notFound,
  MCP_CLIENT_LIMIT: EXIT.tryLater,
  MCP_CONNECTION: EXIT.failed,
  MCP_ENDPOINT_FORBIDDEN: EXIT.usage,
  FILE_NOT_FOUND: EXIT.notFound,
  PATH_OUTSIDE_WORKSPACE: EXIT.usage,
  NOT_A_FILE: EXIT.failed,
  DIRECTORY_NOT_EMPTY: EXIT.failed,
  FILE_TOO_LARGE: EXIT.failed,
  WORKSPACE_FULL: EXIT.tryLater,
  PRECONDITION_FAILED: EXIT.failed,
  RANGE_NOT_SATISFIABLE: EXIT.failed,
  WORKSPACE_ACCESS_LIMIT: EXIT.tryLater,
  PROMPT_NOT_FOUND: EXIT.notFound,
  PROMPT_CONFLICT: EXIT.failed,
  RESPONSE_TOO_LARGE: EXIT.failed,
  CONTENTION: EXIT.tryLater,
  NOT_AVAILABLE: EXIT.failed,
  INTERNAL: EXIT.failed,
};
