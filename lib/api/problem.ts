import type { SessionManagerError } from '../errors.ts';
import { errorStatus } from './error-status.ts';

/** RFC 9457. The error's own words and details, never its cause. */
export function problemOf({ code, message, details }: SessionManagerError, requestId: string) {
  const { status, title } = errorStatus[code];
  const type = `urn:agent-session-manager:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { ...details, type, title, status, code, detail: message, requestId };
}
