import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import { checkUrl, type AddressPolicy } from './endpoint-policy.ts';

/** A request that can be sent more than once. */
export interface Request {
  url: URL;
  method: string;
  headers: Headers;
  body?: string | URLSearchParams | Uint8Array;
}

/** A redirect that would turn a message of the protocol into a GET, which is another request. */
export class RedirectsMessageError extends McpConnectionError {
  readonly status: number;
  readonly target: URL;

  constructor(status: number, target: URL, redact: (text: string) => string = (text) => text) {
    const problem = `redirects with HTTP status ${status}, and messages are only sent on after 307 or 308`;
    const redirectedTo = redact(target.origin + target.pathname);
    super(problem, undefined, { serverStatus: status, redirectedTo });
    this.status = status;
    this.target = target;
  }

  /** The target is a text of the server. */
  withoutSecrets(redact: (text: string) => string): McpConnectionError {
    return new RedirectsMessageError(this.status, this.target, redact);
  }
}

const STATUSES = [301, 302, 303, 307, 308];
/** What describes a message; everything else may say who sends it, and stays with the origin that it was meant for. */
const FOR_ANY_ORIGIN = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];
const OF_PARAMETERS = 'mcp-param-';
const OF_BODY = ['content-type', 'content-encoding', 'content-language', 'content-length'];

/** Where an answer sends the request, or nothing if it is no redirect. */
export function redirectTarget(status: number, headers: { get(name: string): string | null }): string | undefined {
  const target = STATUSES.includes(status) ? headers.get('location') : null;
  // Headers are read as latin1; what is not ASCII in a URL is UTF-8.
  return target === null ? undefined : Buffer.from(target, 'latin1').toString();
}

/** The request that follows a redirect, its target judged. Throws for one that must not be had, or not with this request. */
export function redirected(request: Request, status: number, target: string, policy: AddressPolicy): Request {
  if (!URL.canParse(target, request.url.href)) throw new McpConnectionError('redirects to what is no URL');
  const url = new URL(target, request.url);
  checkUrl(url, policy);
  if (request.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new McpEndpointForbiddenError('redirects from https to http');
  }
  const isMessage = request.body !== undefined && isJson(request.headers);
  if (isMessage && becomesGet(status, request.method)) throw new RedirectsMessageError(status, url);
  const next = becomesGet(status, request.method) ? withoutBody(request) : request;
  if (url.origin === request.url.origin) return { ...next, url };
  if (next.body !== undefined && !isJson(next.headers)) {
    throw new McpConnectionError('redirects to another origin what was meant for it alone');
  }
  return { ...next, url, headers: only(next.headers, [...next.headers.keys()].filter(describesMessage)) };
}

const describesMessage = (name: string): boolean => FOR_ANY_ORIGIN.includes(name) || name.startsWith(OF_PARAMETERS);

function becomesGet(status: number, method: string): boolean {
  return status === 303 ? method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST';
}

function withoutBody({ url, headers }: Request): Request {
  const kept = [...headers.keys()].filter((name) => !OF_BODY.includes(name));
  return { url, method: 'GET', headers: only(headers, kept) };
}

/** A message of the protocol; a form carries a client's secret. */
function isJson(headers: Headers): boolean {
  return /^application\/json\b/i.test(headers.get('content-type') ?? '');
}

function only(headers: Headers, names: string[]): Headers {
  return new Headers([...headers].filter(([name]) => names.includes(name)));
}
