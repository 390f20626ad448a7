import type { Config } from '../../configuration.ts';
import type { ErrorCode, SessionManagerError } from '../../errors.ts';
import type { HttpResult } from './http-result.ts';
import { problemOf, retryAfterOf } from '../problem.ts';
import { NO_STORE } from './answer-of-output.ts';

/** How callers say who they are (RFC 9110, 11.6.1). Headers are a scheme of our own. */
const CHALLENGES: Readonly<Record<Config['authMode'], string>> = {
  jwt: 'Bearer',
  headers: 'Identity headers="x-user-id, x-org-id"',
};

type Further = (details: SessionManagerError['details'], authMode: Config['authMode']) => Record<string, string>;

/** Further headers of some refusals. */
const FURTHER: Partial<Record<ErrorCode, Further>> = {
  UNAUTHORIZED: (_details, authMode) => ({ 'www-authenticate': CHALLENGES[authMode] }),
  UNSUPPORTED_MEDIA_TYPE: () => ({ 'accept-encoding': 'identity' }),
  METHOD_NOT_ALLOWED: ({ allow }) => ({ allow: (allow as string[]).join(', ') }),
  // RFC 9110, 15.5.17. A part of an upload that does not follow has no size.
  RANGE_NOT_SATISFIABLE: ({ size }) =>
    Object.fromEntries(typeof size === 'number' ? [['content-range', `bytes */${size}`]] : []),
};

/** RFC 9457. The error's own words and details, never its cause. */
export function problemAnswer(
  error: SessionManagerError,
  requestId: string,
  { authMode }: Pick<Config, 'authMode'>,
): HttpResult {
  const body = problemOf(error, requestId);
  const retryAfter = retryAfterOf(error.code);
  return {
    statusCode: body.status,
    headers: {
      'content-type': 'application/problem+json',
      ...NO_STORE,
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...FURTHER[error.code]?.(error.details, authMode),
    },
    body: JSON.stringify(body),
  };
}
