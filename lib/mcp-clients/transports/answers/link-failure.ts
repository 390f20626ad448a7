import { types } from 'node:util';
import { McpConnectionError, SessionManagerError, type McpFailure } from '../../../errors.ts';
import { HttpRefusal } from './http-refusal.ts';
import { RedirectsMessageError } from '../redirects.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import { McpError } from './mcp-error.ts';
import type { Failed } from './session-verdict.ts';

type Redact = (text: string) => string;

const MAX_MESSAGE_CHARS = 200;
const MAX_VERSIONS = 20;
const VERSION = /^[A-Za-z0-9._-]{1,32}$/;

/** What was thrown, in our words: without secrets, and with what may be passed on of an answer. */
export function inOurWords(thrown: unknown, redact: Redact): Error {
  if (thrown instanceof RedirectsMessageError) return thrown.withoutSecrets(redact);
  if (thrown instanceof SessionManagerError) return thrown;
  if (thrown instanceof HttpRefusal) return refused(thrown, redact);
  if (thrown instanceof McpError) return answeredWith(thrown, redact);
  return new McpConnectionError(problemIn(thrown), loggable(thrown, redact));
}

/** The same for what judges sessions and eras by it. */
export function failedAs(thrown: unknown): Failed {
  if (thrown instanceof McpError) {
    const { status, code, said, data } = thrown;
    return { status, code, text: said, supported: versionsIn(data) };
  }
  if (!(thrown instanceof HttpRefusal)) return { status: undefined, code: undefined, text: '' };
  const { status, rpcError, body } = thrown;
  return { status, code: rpcError?.code, text: rpcError?.message ?? body, supported: versionsIn(rpcError?.data) };
}

function refused({ status, rpcError }: HttpRefusal, redact: Redact): McpConnectionError {
  const said = rpcError && toldOf(rpcError.message, rpcError.data, redact);
  const words = said?.serverMessage ? `: ${said.serverMessage}` : '';
  const details = { serverStatus: status, ...said };
  return new McpConnectionError(
    `answered with HTTP status ${status}${words}`,
    new Error(`HTTP status ${status}`),
    details,
  );
}

/** Its cause is the answer as a whole, without `data`, which can be anything. */
function answeredWith({ code, said, data, status }: McpError, redact: Redact): McpConnectionError {
  const details = toldOf(said, data, redact);
  const cause = new McpError({ code, message: redact(said) }, status);
  return new McpConnectionError(`answered: ${details.serverMessage ?? `error ${code}`}`, cause, details);
}

function toldOf(message: string, data: unknown, redact: Redact): McpFailure {
  const serverMessage = [...redact(message)].slice(0, MAX_MESSAGE_CHARS).join('');
  const supported = versionsIn(data).map(redact);
  return { ...(serverMessage !== '' && { serverMessage }), ...(supported.length > 0 && { supported }) };
}

function versionsIn(data: unknown): string[] {
  const supported: unknown = isJsonObject(data) ? data.supported : undefined;
  if (!Array.isArray(supported)) return [];
  return (supported as unknown[])
    .slice(0, MAX_VERSIONS)
    .filter((version): version is string => typeof version === 'string' && VERSION.test(version));
}

function problemIn(thrown: unknown): string {
  const { name = '', code, syscall } = types.isNativeError(thrown) ? (thrown as NodeJS.ErrnoException) : {};
  if (syscall?.startsWith('spawn')) return `could not be started (${String(code)})`;
  return name === 'TypeError' || name === 'AbortError' ? 'could not be reached' : 'did not speak the protocol';
}

function loggable(thrown: unknown, redact: Redact): Error | undefined {
  if (!types.isNativeError(thrown)) return undefined;
  // Its message contains a piece of an answer, which may be a token that this process does not know yet.
  if (thrown.name === 'SyntaxError') return new Error(thrown.name);
  return new Error(redact(`${thrown.name}: ${thrown.message}`));
}
