import type { Config } from '../../configuration.ts';
import type { KnownError } from '../client/error-of-code.ts';
import type { HttpResult } from './http-result.ts';
import { problemOf, retryAfterOf } from '../problem.ts';
import { NO_STORE } from './answer-of-output.ts';

/** How a route finds out who is calling. */
type Authentication = Config['authMode'] | 'agent';

/** How callers say who they are (RFC 9110, 11.6.1). Headers are a scheme of our own. */
const CHALLENGES: Readonly<Record<Authentication, string>> = {
  jwt: 'Bearer',
  agent: 'Bearer',
  headers: 'Identity headers="x-user-id, x-org-id"',
};

/** Further headers of some refusals. */
function furtherHeaders(error: KnownError, authentication: Authentication): Record<string, string> {
  if (error.code === 'UNAUTHORIZED') return { 'www-authenticate': CHALLENGES[authentication] };
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') return { 'accept-encoding': 'identity' };
  if (error.code === 'METHOD_NOT_ALLOWED') return { allow: error.details.allow.join(', ') };
  // RFC 9110, 15.5.17. A part of an upload that does not follow has no size.
  const isOfSize = error.code === 'RANGE_NOT_SATISFIABLE' && error.details.size !== undefined;
  return isOfSize ? { 'content-range': `bytes */${error.details.size}` } : {};
}

/** RFC 9457. The error's own words and details, never its cause. */
export function problemAnswer(error: KnownError, requestId: string, authentication: Authentication): HttpResult {
  const body = problemOf(error, requestId);
  const retryAfter = retryAfterOf(error.code);
  return {
    statusCode: body.status,
    headers: {
      'content-type': 'application/problem+json',
      ...NO_STORE,
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...furtherHeaders(error, authentication),
    },
    body: JSON.stringify(body),
  };
}
