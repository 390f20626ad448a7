import { types } from 'node:util';
import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';

export type FetchFailure = McpConnectionError | McpEndpointForbiddenError;

const CLOSED = 'closed the connection';
const PROBLEMS: Record<string, string> = {
  UND_ERR_CONNECT_TIMEOUT: 'could not be reached in time',
  UND_ERR_HEADERS_TIMEOUT: 'did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'did not answer in time',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answers with more than is read',
  UND_ERR_HEADERS_OVERFLOW: 'answers with more headers than are read',
  UND_ERR_SOCKET: CLOSED,
  ECONNRESET: CLOSED,
};
/** The server was reached, and has closed the connection before it had answered. */
export class ClosedConnectionError extends McpConnectionError {
  constructor(cause: Error) {
    super(CLOSED, cause);
  }
}

/** Errors wrap errors; none of them this often. */
const MAX_DEPTH = 8;

/** A failed request in our words: the typed error that is somewhere in what was thrown, or a new one. */
export function fetchFailure(thrown: unknown, problem: string): FetchFailure {
  const chain = causes(thrown);
  const typed = chain.find(
    (error) => error instanceof McpConnectionError || error instanceof McpEndpointForbiddenError,
  );
  if (typed) return typed;
  const known = chain.map((error) => PROBLEMS[codeOf(error)]).find((text) => text !== undefined);
  if (known === CLOSED) return new ClosedConnectionError(loggable(chain));
  return new McpConnectionError(known ?? problem, loggable(chain));
}

/** `thrown` and what caused it, the outermost first. */
function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  let last = thrown;
  while (last !== undefined && last !== null && chain.length < MAX_DEPTH) {
    chain.push(last);
    last = (last as { cause?: unknown }).cause;
  }
  return chain;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Without what errors of the parser carry: a piece of the answer, which may repeat what it was sent. */
function loggable(chain: unknown[]): Error {
  const said = chain.map((error) => [codeOf(error), messageOf(error)].filter(Boolean).join(' '));
  return new Error(said.filter(Boolean).join(' ← '));
}

function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : '';
}
