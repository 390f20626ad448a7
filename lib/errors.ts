import type { ErrorCode } from './error-catalogue.ts';

export type { ErrorCode };

/**
 * A failure that callers can distinguish by `code`. `message` and `details` are meant for them: never a path of the
 * machine, a secret or an AWS message; those belong in `cause`, which is only logged.
 */
export class SessionManagerError extends Error {
  override readonly name: string;
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = nameOf(code);
    this.code = code;
    this.details = details;
  }
}

/** `SESSION_NOT_FOUND` is a `SessionNotFoundError`, also where code is minified. */
const nameOf = (code: ErrorCode): string =>
  `${code.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())}Error`;

/** No such session, or one that ended, or one that the caller may not see: the three are indistinguishable. */
export class SessionNotFoundError extends SessionManagerError {
  constructor() {
    super('SESSION_NOT_FOUND', 'There is no such session.');
  }
}

/** Every seat under the limit of `scope` is taken. `due`: how many of its sessions have expired and have not ended yet. */
export class MaxSessionsReachedError extends SessionManagerError {
  declare readonly details: Readonly<{ scope: 'global' | 'org' | 'user'; limit: number; active: number; due?: number }>;

  constructor(scope: 'global' | 'org' | 'user', limit: number, active: number, due?: number) {
    super('MAX_SESSIONS_REACHED', `The limit of ${limit} sessions of the ${scopeInWords[scope]} is reached.`, {
      scope,
      limit,
      active,
      ...(due !== undefined && { due }),
    });
  }
}

const scopeInWords = { global: 'whole system', org: 'organisation', user: 'user' } as const;

/** The workspace could not be made. The seat has been given back and the idempotency key is free. */
export class WorkspaceCreationError extends SessionManagerError {
  constructor(cause?: unknown) {
    super('WORKSPACE_CREATION', 'The workspace directory could not be made. Nothing is left behind.', {}, cause);
  }
}

export class InvalidUserIdError extends SessionManagerError {
  constructor(problem: string) {
    super('INVALID_USER_ID', `The user id ${problem}.`);
  }
}

export class InvalidOrgIdError extends SessionManagerError {
  constructor(problem: string) {
    super('INVALID_ORG_ID', `The organisation id ${problem}.`);
  }
}

/** One thing that is wrong with a request: where (`metadata.team`), and what. */
export interface ValidationProblem {
  path: string;
  message: string;
}

export class ValidationError extends SessionManagerError {
  constructor(problems: ValidationProblem[]) {
    super('VALIDATION', problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '), {
      errors: problems,
    });
  }

  static at(path: string, message: string): ValidationError {
    return new ValidationError([{ path, message }]);
  }
}

/** The body is compressed, or encoded in another way than as it is. */
export class UnsupportedMediaTypeError extends SessionManagerError {
  constructor() {
    super('UNSUPPORTED_MEDIA_TYPE', 'The body must be sent as it is, without a Content-Encoding.');
  }
}

/** The path is known, the method is none of those that it has. */
export class MethodNotAllowedError extends SessionManagerError {
  constructor(allow: readonly string[]) {
    super('METHOD_NOT_ALLOWED', `The path takes ${allow.join(', ')}.`, { allow });
  }
}

export class UnauthorizedError extends SessionManagerError {
  constructor(message = 'The request names no caller.') {
    super('UNAUTHORIZED', message);
  }
}

export class ForbiddenError extends SessionManagerError {
  constructor(message: string) {
    super('FORBIDDEN', message);
  }
}

/** How long an idempotency key is remembered (hours). */
export const IDEMPOTENCY_HOURS = 24;

/** The same idempotency key came with another request. */
export class IdempotencyConflictError extends SessionManagerError {
  constructor() {
    super(
      'IDEMPOTENCY_CONFLICT',
      `This idempotency key was used with another request in the last ${IDEMPOTENCY_HOURS} hours.`,
    );
  }
}

/** A create was repeated with its idempotency key, and its session has ended or is ending. Nothing was created. */
export class SessionEndedError extends SessionManagerError {
  constructor(sessionId: string) {
    super(
      'SESSION_ENDED',
      'The session that this idempotency key created has ended. Use another key to create another session.',
      { sessionId },
    );
  }
}

/** The session is not the one that was read. `version`: what it has now. */
export class SessionConflictError extends SessionManagerError {
  constructor(version: number) {
    super(
      'SESSION_CONFLICT',
      `The session has version ${version}: read it again, and send the version that you read.`,
      { version },
    );
  }
}

export class McpClientExistsError extends SessionManagerError {
  constructor(clientId: string) {
    super('MCP_CLIENT_EXISTS', `The session already has an MCP client "${clientId}".`, { clientId });
  }
}

export class McpClientNotFoundError extends SessionManagerError {
  constructor(clientId: string) {
    super('MCP_CLIENT_NOT_FOUND', `The session has no MCP client "${clientId}".`, { clientId });
  }
}

export class McpClientLimitError extends SessionManagerError {
  constructor(limit: number) {
    super('MCP_CLIENT_LIMIT', `A session can have at most ${limit} MCP clients.`, { limit });
  }
}

/**
 * What is known of a failed MCP server: its HTTP status; the message of its JSON-RPC error, without secrets, at most 200
 * characters; the versions it speaks; origin and path it redirects to; how a command ended; an authorization server's code.
 */
export type McpFailure = Partial<Record<'serverStatus' | 'exitCode', number>> &
  Partial<Record<'serverMessage' | 'redirectedTo' | 'signal' | 'oauthError', string>> & {
    supported?: readonly string[];
  };

/** The MCP server refused, timed out or broke the protocol. */
export class McpConnectionError extends SessionManagerError {
  constructor(problem: string, cause?: unknown, details: McpFailure = {}) {
    super('MCP_CONNECTION', `The MCP server ${problem}.`, { ...details }, cause);
  }
}

export class McpEndpointForbiddenError extends SessionManagerError {
  constructor(problem: string) {
    super('MCP_ENDPOINT_FORBIDDEN', `The MCP endpoint ${problem}.`);
  }
}

/** The file system has as many access points as it may have. */
export class WorkspaceAccessLimitError extends SessionManagerError {
  constructor(cause?: unknown) {
    super('WORKSPACE_ACCESS_LIMIT', 'No further workspace can be mounted from elsewhere at the moment.', {}, cause);
  }
}

export class PromptNotFoundError extends SessionManagerError {
  constructor(promptId: string) {
    super('PROMPT_NOT_FOUND', `The scope has no prompt layer "${promptId}".`, { promptId });
  }
}

/** The layer is not the one that was read. `version`: what it has now; none if it is gone. */
export class PromptConflictError extends SessionManagerError {
  constructor(promptId: string, version?: number) {
    const now = version === undefined ? 'is gone' : `has version ${version}`;
    super(
      'PROMPT_CONFLICT',
      `The prompt layer "${promptId}" ${now}: read it again, and send the version that you read.`,
      {
        promptId,
        ...(version !== undefined && { version }),
      },
    );
  }
}

/** A create required its system prompt, which could not be composed as requested. `warnings`: why. Nothing was created. */
export class PromptCompositionError extends SessionManagerError {
  constructor(warnings: readonly string[]) {
    super(
      'PROMPT_COMPOSITION',
      `The system prompt could not be composed as requested: ${warnings.join('; ')}. Nothing was created.`,
      { warnings },
    );
  }
}

export class ResponseTooLargeError extends SessionManagerError {
  constructor(bytes: number, limit: number) {
    super('RESPONSE_TOO_LARGE', `The answer has ${bytes} bytes; at most ${limit} fit through Lambda.`, {
      bytes,
      limit,
    });
  }
}

/** Conflicts, throttling or a disturbance of `what` outlasted the retries. Repeating is safe. */
export class ContentionError extends SessionManagerError {
  constructor(cause?: unknown, what = 'The table') {
    super('CONTENTION', `${what} is busy or cannot be reached. Repeating this request is safe.`, {}, cause);
  }
}

export class NotAvailableError extends SessionManagerError {
  constructor(what: string) {
    super('NOT_AVAILABLE', `${what} is not available on this deployment.`);
  }
}

export class InternalError extends SessionManagerError {
  constructor(cause: unknown) {
    super('INTERNAL', 'Something went wrong on our side.', {}, cause);
  }
}

/** What a caller may be told of any thrown value: typed errors as they are, everything else as `INTERNAL`. */
export function toSessionManagerError(thrown: unknown): SessionManagerError {
  return thrown instanceof SessionManagerError ? thrown : new InternalError(thrown);
}
