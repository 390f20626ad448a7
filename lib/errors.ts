import type { ErrorCode } from './error-catalogue.ts';

export type { ErrorCode };

/** A code of the catalogue, or one of another version of the API, which a typed client passes on. */
type AnyCode = ErrorCode | (string & Record<never, never>);

/** What a typed client adds to the details of an error that it received. */
type OfAnswer = {
  /** Over HTTP. */
  requestId?: string;
  /** If the gateway answered by itself. */
  gatewayStatus?: number;
  /** When the same request may succeed (s). */
  retryAfterSeconds?: number;
};

export type NoDetails = Record<never, never>;
/**
 * A failure that callers can distinguish by `code`. `message` and `details` are meant for them: never a path of the
 * machine, a secret or an AWS message; those belong in `cause`, which is only logged.
 */
export class SessionManagerError extends Error {
  override readonly name: string;
  readonly code: AnyCode;
  readonly details: Readonly<Record<string, unknown> & OfAnswer>;

  constructor(code: AnyCode, message: string, details: Record<string, unknown> & OfAnswer = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = nameOf(code);
    this.code = code;
    this.details = details;
  }
}

/** An error of the catalogue. Each class says its code and the details that belong to it. */
export class CodedError<
  Code extends ErrorCode = ErrorCode,
  Details extends Record<string, unknown> = Record<string, unknown>,
> extends SessionManagerError {
  declare readonly code: Code;
  declare readonly details: Readonly<Details & OfAnswer>;

  constructor(code: Code, message: string, details: Details, cause?: unknown) {
    super(code, message, details, cause);
  }
}

/** `SESSION_NOT_FOUND` is a `SessionNotFoundError`, also where code is minified. */
const nameOf = (code: string): string =>
  `${code.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())}Error`;

/** No such session, or one that ended, or one that the caller may not see: the three are indistinguishable. */
export class SessionNotFoundError extends CodedError<'SESSION_NOT_FOUND', NoDetails> {
  constructor() {
    super('SESSION_NOT_FOUND', 'There is no such session.', {});
  }
}

type MaxSessionsDetails = { scope: 'global' | 'org' | 'user'; limit: number; active: number; due?: number };

/** Every seat under the limit of `scope` is taken. `due`: how many of its sessions have expired and have not ended yet. */
export class MaxSessionsReachedError extends CodedError<'MAX_SESSIONS_REACHED', MaxSessionsDetails> {
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
export class WorkspaceCreationError extends CodedError<'WORKSPACE_CREATION', NoDetails> {
  constructor(cause?: unknown) {
    super('WORKSPACE_CREATION', 'The workspace directory could not be made. Nothing is left behind.', {}, cause);
  }
}

export class InvalidUserIdError extends CodedError<'INVALID_USER_ID', NoDetails> {
  constructor(problem: string) {
    super('INVALID_USER_ID', `The user id ${problem}.`, {});
  }
}

export class InvalidOrgIdError extends CodedError<'INVALID_ORG_ID', NoDetails> {
  constructor(problem: string) {
    super('INVALID_ORG_ID', `The organisation id ${problem}.`, {});
  }
}

/** One thing that is wrong with a request: where (`metadata.team`), and what. */
export interface ValidationProblem {
  path: string;
  message: string;
}

export class ValidationError extends CodedError<'VALIDATION', { errors: ValidationProblem[] }> {
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
export class UnsupportedMediaTypeError extends CodedError<'UNSUPPORTED_MEDIA_TYPE', NoDetails> {
  constructor() {
    super('UNSUPPORTED_MEDIA_TYPE', 'The body must be sent as it is, without a Content-Encoding.', {});
  }
}

/** The path is known, the method is none of those that it has. */
export class MethodNotAllowedError extends CodedError<'METHOD_NOT_ALLOWED', { allow: readonly string[] }> {
  constructor(allow: readonly string[]) {
    super('METHOD_NOT_ALLOWED', `The path takes ${allow.join(', ')}.`, { allow });
  }
}

export class UnauthorizedError extends CodedError<'UNAUTHORIZED', NoDetails> {
  constructor(message = 'The request names no caller.') {
    super('UNAUTHORIZED', message, {});
  }
}

export class ForbiddenError extends CodedError<'FORBIDDEN', NoDetails> {
  constructor(message: string) {
    super('FORBIDDEN', message, {});
  }
}

/** How long an idempotency key is remembered (hours). */
export const IDEMPOTENCY_HOURS = 24;

/** The same idempotency key came with another request. */
export class IdempotencyConflictError extends CodedError<'IDEMPOTENCY_CONFLICT', NoDetails> {
  constructor() {
    super(
      'IDEMPOTENCY_CONFLICT',
      `This idempotency key was used with another request in the last ${IDEMPOTENCY_HOURS} hours.`,
      {},
    );
  }
}

/** A create was repeated with its idempotency key, and its session has ended or is ending. Nothing was created. */
export class SessionEndedError extends CodedError<'SESSION_ENDED', { sessionId: string }> {
  constructor(sessionId: string) {
    super(
      'SESSION_ENDED',
      'The session that this idempotency key created has ended. Use another key to create another session.',
      { sessionId },
    );
  }
}

/** The session is not the one that was read. `version`: what it has now. */
export class SessionConflictError extends CodedError<'SESSION_CONFLICT', { version: number }> {
  constructor(version: number) {
    super(
      'SESSION_CONFLICT',
      `The session has version ${version}: read it again, and send the version that you read.`,
      { version },
    );
  }
}

export class McpClientExistsError extends CodedError<'MCP_CLIENT_EXISTS', { clientId: string }> {
  constructor(clientId: string) {
    super('MCP_CLIENT_EXISTS', `The session already has an MCP client "${clientId}".`, { clientId });
  }
}

export class McpClientNotFoundError extends CodedError<'MCP_CLIENT_NOT_FOUND', { clientId: string }> {
  constructor(clientId: string) {
    super('MCP_CLIENT_NOT_FOUND', `The session has no MCP client "${clientId}".`, { clientId });
  }
}

export class McpClientLimitError extends CodedError<'MCP_CLIENT_LIMIT', { limit: number }> {
  constructor(limit: number) {
    super('MCP_CLIENT_LIMIT', `A session can have at most ${limit} MCP clients.`, { limit });
  }
}

/** What is known of a failed MCP server. `serverMessage`: of a JSON-RPC error, without secrets, at most 200 characters. */
export type McpFailure = { supported?: readonly string[] } & Partial<Record<'serverStatus' | 'exitCode', number>> &
  Partial<Record<'serverMessage' | 'redirectedTo' | 'signal' | 'oauthError', string>>;

/** The MCP server refused, timed out or broke the protocol. */
export class McpConnectionError extends CodedError<'MCP_CONNECTION', McpFailure> {
  constructor(problem: string, cause?: unknown, details: McpFailure = {}) {
    super('MCP_CONNECTION', `The MCP server ${problem}.`, { ...details }, cause);
  }
}

export class McpEndpointForbiddenError extends CodedError<'MCP_ENDPOINT_FORBIDDEN', NoDetails> {
  constructor(problem: string) {
    super('MCP_ENDPOINT_FORBIDDEN', `The MCP endpoint ${problem}.`, {});
  }
}

/** The file system has as many access points as it may have. */
export class WorkspaceAccessLimitError extends CodedError<'WORKSPACE_ACCESS_LIMIT', NoDetails> {
  constructor(cause?: unknown) {
    super('WORKSPACE_ACCESS_LIMIT', 'No further workspace can be mounted from elsewhere at the moment.', {}, cause);
  }
}

export class ResponseTooLargeError extends CodedError<'RESPONSE_TOO_LARGE', { bytes: number; limit: number }> {
  constructor(bytes: number, limit: number) {
    super('RESPONSE_TOO_LARGE', `The answer has ${bytes} bytes; at most ${limit} fit through Lambda.`, {
      bytes,
      limit,
    });
  }
}

/** Conflicts, throttling or a disturbance of `what` outlasted the retries. Repeating is safe. */
export class ContentionError extends CodedError<'CONTENTION', NoDetails> {
  constructor(cause?: unknown, what = 'The table') {
    super('CONTENTION', `${what} is busy or cannot be reached. Repeating this request is safe.`, {}, cause);
  }
}

export class NotAvailableError extends CodedError<'NOT_AVAILABLE', NoDetails> {
  constructor(what: string) {
    super('NOT_AVAILABLE', `${what} is not available on this deployment.`, {});
  }
}

export class InternalError extends CodedError<'INTERNAL', NoDetails> {
  constructor(cause: unknown) {
    super('INTERNAL', 'Something went wrong on our side.', {}, cause);
  }
}

/** What a caller may be told of any thrown value: errors of the catalogue as they are, everything else as `INTERNAL`. */
export function toSessionManagerError(thrown: unknown): CodedError {
  return isOfCatalogue(thrown) ? thrown : new InternalError(thrown);
}

const isOfCatalogue = (thrown: unknown): thrown is CodedError => thrown instanceof CodedError;
