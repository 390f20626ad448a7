import { NoAnswerError } from '../api/client/http-sender.ts';
import { isKnownError } from '../api/client/error-of-code.ts';
import { problemOf } from '../api/problem.ts';
import { SessionManagerError } from '../errors.ts';
import { Interruption, UsageError } from './cli-io.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { jsonLine, visible } from './visible.ts';

/** Why a command failed, as it is printed for people and programs. */
export interface Failure {
  exitCode: number;
  /** RFC 9457: the server's own, or one of the same kind. */
  problem: { code: string; detail: string; requestId?: string | undefined; [more: string]: unknown };
}

const HINTS: Readonly<Record<string, string>> = {
  USAGE: 'See --help.',
  UNAUTHORIZED: 'Say who is calling: --user and --org, or a token.',
  NO_ANSWER: 'Is --url right, and is the server running?',
  NO_CREDENTIALS: 'AWS credentials come from the environment, a profile, or the machine that this runs on.',
};

export function failureOf(thrown: unknown): Failure {
  if (isKnownError(thrown)) {
    const { requestId } = thrown.details;
    // The document as the server sent it: a header is no part of it.
    const document = { ...problemOf(thrown, ''), retryAfterSeconds: undefined };
    const problem = { ...document, requestId: typeof requestId === 'string' ? requestId : undefined };
    return { exitCode: exitCodeOf(thrown.code), problem };
  }
  const { name, message, code } = thrown as Error & { code?: unknown };
  if (thrown instanceof Interruption) return ownFailure(thrown.exitCode, 'INTERRUPTED', message);
  if (thrown instanceof NoAnswerError) return ownFailure(EXIT.noAnswer, 'NO_ANSWER', message);
  if (thrown instanceof SessionManagerError) return ownFailure(EXIT.failed, 'UNEXPECTED_ANSWER', message);
  if (thrown instanceof UsageError || name === 'YError') return ownFailure(EXIT.usage, 'USAGE', message);
  if (name === 'CredentialsProviderError') return ownFailure(EXIT.notAllowed, 'NO_CREDENTIALS', message);
  if (typeof code === 'string' && 'syscall' in (thrown as object))
    return ownFailure(EXIT.failed, 'LOCAL_FILE', message);
  return ownFailure(EXIT.failed, 'UNEXPECTED', message);
}

function ownFailure(exitCode: number, code: string, detail: string): Failure {
  const type = `urn:agent-session-manager:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { exitCode, problem: { type, code, detail } };
}

/** By the code, the sentence, or for programs only. */
const REPORTED_ALREADY: ReadonlySet<string> = new Set(['type', 'title', 'status', 'code', 'detail', 'errors']);

/** One line: the problem itself for programs, `CODE: what happened (details)` for people. */
export function failureLine({ problem }: Failure, asJson: boolean): string {
  if (asJson) return jsonLine(problem);
  const { code, detail } = problem;
  const hint = HINTS[code];
  const details = Object.entries(problem).filter(([name, value]) => value !== undefined && !REPORTED_ALREADY.has(name));
  const more = details.map(([name, value]) => `${name}=${typeof value === 'string' ? value : jsonLine(value)}`);
  return visible(`${code}: ${detail}${hint ? ` ${hint}` : ''}${more.length > 0 ? ` (${more.join(' ')})` : ''}`);
}
