import { isKnownError, MaxSessionsReachedError, SessionManagerError } from 'agent-session-manager';
import { UnexpectedAnswerError, type KnownError } from 'agent-session-manager/client';

/** What an error is about: where its code is compared, its details have types. */
export function about(thrown: unknown): string {
  if (!isKnownError(thrown)) return thrown instanceof SessionManagerError ? `unknown ${thrown.code}` : 'not of ours';
  switch (thrown.code) {
    case 'MAX_SESSIONS_REACHED':
      return `${thrown.details.limit.toFixed(0)} of the ${thrown.details.scope}`;
    case 'VALIDATION':
      return thrown.details.errors.map(({ path }) => path).join();
    case 'RANGE_NOT_SATISFIABLE':
      return String(thrown.details.size ?? thrown.details.received);
    case 'MCP_CONNECTION':
      return `${thrown.details.serverStatus?.toFixed(0)} ${thrown.details.oauthError?.trim()}`;
    default:
      // @ts-expect-error -- a code without details has none
      void (thrown.code === 'SESSION_NOT_FOUND' && thrown.details.limit);
      return thrown.code;
  }
}

const full: MaxSessionsReachedError = new MaxSessionsReachedError('org', 5, 5);
const code: 'MAX_SESSIONS_REACHED' = full.code;
// @ts-expect-error -- the limit is a number
const text: string = full.details.limit;
// @ts-expect-error -- there is no such code
const none: KnownError['code'] = 'NO_SUCH_CODE';
void [code, text, none];

process.stdout.write(
  [full, new UnexpectedAnswerError('new', 'SOMETHING_NEW'), new TypeError('x')].map(about).join(', '),
);
