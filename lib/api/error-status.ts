import type { ErrorCode } from '../errors.ts';

/** The HTTP status of each error code, and its title. */
export const errorStatus: Readonly<Record<ErrorCode, { status: number; title: string }>> = {
  SESSION_NOT_FOUND: { status: 404, title: 'Session not found' },
  MAX_SESSIONS_REACHED: { status: 429, title: 'Session limit reached' },
  WORKSPACE_CREATION: { status: 503, title: 'Workspace could not be made' },
  INVALID_USER_ID: { status: 400, title: 'Invalid user id' },
  INVALID_ORG_ID: { status: 400, title: 'Invalid organisation id' },
  VALIDATION: { status: 400, title: 'Invalid request' },
  UNAUTHORIZED: { status: 401, title: 'No caller' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  IDEMPOTENCY_CONFLICT: { status: 409, title: 'Idempotency key used before' },
  MCP_CLIENT_EXISTS: { status: 409, title: 'MCP client exists' },
  MCP_CLIENT_NOT_FOUND: { status: 404, title: 'MCP client not found' },
  MCP_CLIENT_LIMIT: { status: 429, title: 'MCP client limit reached' },
  MCP_CONNECTION: { status: 502, title: 'MCP server failed' },
  MCP_ENDPOINT_FORBIDDEN: { status: 400, title: 'MCP endpoint not allowed' },
  PROMPT_NOT_FOUND: { status: 404, title: 'Prompt layer not found' },
  PROMPT_CONFLICT: { status: 409, title: 'Prompt layer changed meanwhile' },
  RESPONSE_TOO_LARGE: { status: 502, title: 'Answer too large' },
  CONTENTION: { status: 503, title: 'Busy' },
  NOT_AVAILABLE: { status: 501, title: 'Not available' },
  INTERNAL: { status: 500, title: 'Internal error' },
};
