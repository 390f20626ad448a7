import { ERRORS } from '../error-catalogue.ts';
import type { SessionManagerError } from '../errors.ts';

/** RFC 9457. The error's own words and details, never its cause. */
export function problemOf({ code, message, details }: SessionManagerError, requestId: string) {
  const { status, title } = ERRORS[code];
  const type = `urn:agent-session-manager:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { ...details, type, title, status, code, detail: message, requestId };
}
