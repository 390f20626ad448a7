import { FAILURE_CODES, type ErrorCode, type FailureCode } from '../../errors.ts';

/** What each refusal is about, by the code that its caller is told. All other codes are failures. */
export const REFUSALS = {
  SESSION_NOT_FOUND: 'not-found',
  MAX_SESSIONS_REACHED: 'limit',
  INVALID_USER_ID: 'validation',
  INVALID_ORG_ID: 'validation',
  VALIDATION: 'validation',
  UNAUTHORIZED: 'unauthorized',
  FORBIDDEN: 'forbidden',
  IDEMPOTENCY_CONFLICT: 'idempotency-conflict',
  MCP_CLIENT_EXISTS: 'conflict',
  MCP_CLIENT_NOT_FOUND: 'not-found',
  MCP_CLIENT_LIMIT: 'limit',
  MCP_ENDPOINT_FORBIDDEN: 'endpoint-policy',
  WORKSPACE_ACCESS_LIMIT: 'limit',
  FILE_NOT_FOUND: 'not-found',
  PATH_OUTSIDE_WORKSPACE: 'path-policy',
  NOT_A_FILE: 'conflict',
  DIRECTORY_NOT_EMPTY: 'conflict',
  FILE_TOO_LARGE: 'limit',
  WORKSPACE_FULL: 'limit',
  PRECONDITION_FAILED: 'precondition',
  RANGE_NOT_SATISFIABLE: 'precondition',
  PROMPT_NOT_FOUND: 'not-found',
  PROMPT_CONFLICT: 'conflict',
  RESPONSE_TOO_LARGE: 'limit',
  NOT_AVAILABLE: 'not-available',
} as const satisfies Record<Exclude<ErrorCode, FailureCode>, string>;

export type RefusalKind = (typeof REFUSALS)[keyof typeof REFUSALS];

export const isFailure = (code: ErrorCode): code is FailureCode =>
  (FAILURE_CODES as readonly ErrorCode[]).includes(code);

/** How an operation ended that threw an error with this code. */
export function outcomeOf(code: ErrorCode) {
  return isFailure(code)
    ? ({ result: 'failed', code } as const)
    : ({ result: 'refused', code, refusal: REFUSALS[code] } as const);
}
