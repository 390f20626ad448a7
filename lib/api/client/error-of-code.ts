import {
  ContentionError,
  ForbiddenError,
  IdempotencyConflictError,
  InternalError,
  InvalidOrgIdError,
  InvalidUserIdError,
  MaxSessionsReachedError,
  McpClientExistsError,
  McpClientLimitError,
  McpClientNotFoundError,
  McpConnectionError,
  McpEndpointForbiddenError,
  NotAvailableError,
  PromptConflictError,
  PromptNotFoundError,
  ResponseTooLargeError,
  SessionManagerError,
  SessionNotFoundError,
  UnauthorizedError,
  ValidationError,
  WorkspaceAccessLimitError,
  WorkspaceCreationError,
  type ErrorCode,
} from '../../errors.ts';
import {
  DirectoryNotEmptyError,
  FileNotFoundError,
  FileTooLargeError,
  NotAFileError,
  PathOutsideWorkspaceError,
  PreconditionFailedError,
  RangeNotSatisfiableError,
  WorkspaceFullError,
} from '../../workspaces/file-errors.ts';

const classOf: Readonly<Record<ErrorCode, { prototype: SessionManagerError; name: string }>> = {
  SESSION_NOT_FOUND: SessionNotFoundError,
  MAX_SESSIONS_REACHED: MaxSessionsReachedError,
  WORKSPACE_CREATION: WorkspaceCreationError,
  INVALID_USER_ID: InvalidUserIdError,
  INVALID_ORG_ID: InvalidOrgIdError,
  VALIDATION: ValidationError,
  UNAUTHORIZED: UnauthorizedError,
  FORBIDDEN: ForbiddenError,
  IDEMPOTENCY_CONFLICT: IdempotencyConflictError,
  MCP_CLIENT_EXISTS: McpClientExistsError,
  MCP_CLIENT_NOT_FOUND: McpClientNotFoundError,
  MCP_CLIENT_LIMIT: McpClientLimitError,
  MCP_CONNECTION: McpConnectionError,
  MCP_ENDPOINT_FORBIDDEN: McpEndpointForbiddenError,
  WORKSPACE_ACCESS_LIMIT: WorkspaceAccessLimitError,
  FILE_NOT_FOUND: FileNotFoundError,
  PATH_OUTSIDE_WORKSPACE: PathOutsideWorkspaceError,
  NOT_A_FILE: NotAFileError,
  DIRECTORY_NOT_EMPTY: DirectoryNotEmptyError,
  FILE_TOO_LARGE: FileTooLargeError,
  WORKSPACE_FULL: WorkspaceFullError,
  PRECONDITION_FAILED: PreconditionFailedError,
  RANGE_NOT_SATISFIABLE: RangeNotSatisfiableError,
  PROMPT_NOT_FOUND: PromptNotFoundError,
  PROMPT_CONFLICT: PromptConflictError,
  RESPONSE_TOO_LARGE: ResponseTooLargeError,
  CONTENTION: ContentionError,
  NOT_AVAILABLE: NotAvailableError,
  INTERNAL: InternalError,
};

/** What another process threw, as the same class here: message and details are those it was thrown with. */
export function errorOfCode(code: ErrorCode, message: string, details: Record<string, unknown>): SessionManagerError {
  const { prototype, name } = classOf[code];
  const error = new SessionManagerError(code, message, details);
  Object.setPrototypeOf(error, prototype);
  return Object.assign(error, { name });
}
