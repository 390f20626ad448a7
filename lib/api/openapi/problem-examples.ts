import * as errors from '../../errors.ts';
import * as fileErrors from '../../workspaces/file-errors.ts';
import { errorStatus } from '../error-status.ts';
import { problemOf } from '../problem.ts';

const MIB = 1024 * 1024;

/** One of each, as it is thrown. */
const thrown: Readonly<Record<errors.ErrorCode, errors.SessionManagerError>> = {
  SESSION_NOT_FOUND: new errors.SessionNotFoundError(),
  MAX_SESSIONS_REACHED: new errors.MaxSessionsReachedError('org', 100, 100),
  WORKSPACE_CREATION: new errors.WorkspaceCreationError(),
  INVALID_USER_ID: new errors.InvalidUserIdError('must not be empty'),
  INVALID_ORG_ID: new errors.InvalidOrgIdError('must not be empty'),
  VALIDATION: errors.ValidationError.at('colour', 'is not a known field'),
  UNAUTHORIZED: new errors.UnauthorizedError('x-user-id and x-org-id are needed.'),
  FORBIDDEN: new errors.ForbiddenError('This needs the role admin.'),
  IDEMPOTENCY_CONFLICT: new errors.IdempotencyConflictError(),
  MCP_CLIENT_EXISTS: new errors.McpClientExistsError('tools'),
  MCP_CLIENT_NOT_FOUND: new errors.McpClientNotFoundError('tools'),
  MCP_CLIENT_LIMIT: new errors.McpClientLimitError(20),
  MCP_CONNECTION: new errors.McpConnectionError('refused the connection'),
  MCP_ENDPOINT_FORBIDDEN: new errors.McpEndpointForbiddenError('has an address that is not public'),
  WORKSPACE_ACCESS_LIMIT: new errors.WorkspaceAccessLimitError(),
  FILE_NOT_FOUND: new fileErrors.FileNotFoundError(),
  PATH_OUTSIDE_WORKSPACE: new fileErrors.PathOutsideWorkspaceError('leads out of the workspace'),
  NOT_A_FILE: new fileErrors.NotAFileError('is a directory'),
  DIRECTORY_NOT_EMPTY: new fileErrors.DirectoryNotEmptyError(),
  FILE_TOO_LARGE: new fileErrors.FileTooLargeError(9_000_000, 4 * MIB),
  WORKSPACE_FULL: new fileErrors.WorkspaceFullError({ limit: 100 * MIB, bytes: 100 * MIB }),
  PRECONDITION_FAILED: new fileErrors.PreconditionFailedError('"4-18c2f1"'),
  RANGE_NOT_SATISFIABLE: new fileErrors.RangeNotSatisfiableError('begins behind the end', { size: 4 }),
  PROMPT_NOT_FOUND: new errors.PromptNotFoundError('tone'),
  PROMPT_CONFLICT: new errors.PromptConflictError('tone', 7),
  RESPONSE_TOO_LARGE: new errors.ResponseTooLargeError(9_000_000, 6 * MIB),
  CONTENTION: new errors.ContentionError(),
  NOT_AVAILABLE: new errors.NotAvailableError('Access from elsewhere'),
  INTERNAL: new errors.InternalError(undefined),
};

const REQUEST_ID = 'b1f7f4d2-5a0e-4c57-9f4c-0c4a4f5f9a51';

/** A problem document of each code. */
export const problemExamples = Object.fromEntries(
  Object.entries(thrown).map(([code, error]) => [
    code,
    { summary: errorStatus[error.code].title, value: problemOf(error, REQUEST_ID) },
  ]),
);

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457, with the error’s code and what belongs to it',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(errorStatus) },
    detail: { type: 'string' },
    requestId: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
};
