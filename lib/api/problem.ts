import { ERRORS } from '../error-catalogue.ts';
import type { CodedError, ErrorCode } from '../errors.ts';

/** When the same request may succeed, if that is known (s). */
export function retryAfterOf(code: ErrorCode): number | undefined {
  const row = ERRORS[code];
  return 'retryAfterSeconds' in row ? row.retryAfterSeconds : undefined;
}

/** RFC 9457. The error's own words and details, never its cause. */
export function problemOf({ code, message, details }: CodedError, requestId: string) {
  const { status, title } = ERRORS[code];
  const type = `urn:agent-session-manager:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { ...details, type, title, status, code, detail: message, requestId };
}
