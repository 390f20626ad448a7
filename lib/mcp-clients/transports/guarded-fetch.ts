import { Agent, fetch as undiciFetch } from 'undici';
import { McpConnectionError } from '../../errors.ts';
import { boundedBody } from './bounded-body.ts';
import { checkedConnector, type Lookup } from './checked-connector.ts';
import { checkUrl, type AddressPolicy } from './endpoint-policy.ts';
import { fetchFailure, type FetchFailure } from './fetch-failure.ts';
import { redirected, redirectTarget, type Request } from './redirects.ts';

/** What a server is allowed; times in ms. */
export interface FetchPolicy extends AddressPolicy {
  /** Of one answer, as it travels and as it unpacks; of an event stream all that it ever sends. */
  maxBytes: number;
  /** Of the headers of an answer. */
  maxHeaderBytes?: number;
  /** Until a socket is open, resolving and TLS included. */
  connectTimeoutMs?: number;
  /** From the request to the headers of its answer. */
  headersTimeoutMs?: number;
  /** Between two pieces of a body. */
  idleTimeoutMs?: number;
  /** For a request as a whole, from the call to the last byte of the answer, redirects included. */
  answerTimeoutMs?: number;
  /** Instead of the system's resolver. */
  lookup?: Lookup;
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that connects to allowed addresses only and reads a bounded answer in bounded time. It rejects, and the body
 * of an answer errors, with `McpEndpointForbiddenError` or `McpConnectionError`; where the caller's `signal` aborts,
 * with its reason. `redirect` is honoured; `follow` follows 5. Bodies are texts, bytes or forms.
 */
export interface GuardedFetch extends Fetch {
  /** The same, over the same sockets; `listener` hears of each failure first, so that none is lost in a library. */
  reporting(listener: (failure: FetchFailure) => void): Fetch;
  /** Waits for requests under way. */
  close(): Promise<void>;
  /** Ends requests under way. */
  destroy(): Promise<void>;
}

const MAX_REDIRECTS = 5;
/** No `Response` has a higher one; servers that block programs answer 999. */
const MAX_STATUS = 599;
const MAX_HEADER_BYTES = 32 * 1024;
/** One at a time, and none whose window takes 100 MB: an answer that unpacks to nothing can be work for minutes. */
const ENCODINGS = ['identity', 'gzip', 'x-gzip', 'deflate', 'br'];
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
/**
 * A socket is taken for new requests this long, whatever the server proposes. Later its name may lead elsewhere,
 * and an instance that was frozen cannot know that the server has closed the connection.
 */
const REUSE_MS = 4_000;

/** One set of sockets, which a warm instance keeps. Proxies that the environment names are not used. */
export function guardedFetch(policy: FetchPolicy): GuardedFetch {
  const { loopback, lookup, maxBytes, answerTimeoutMs = ANSWER_MS } = policy;
  const agent = new Agent({
    connect: checkedConnector({ loopback, lookup, connectTimeoutMs: policy.connectTimeoutMs ?? CONNECT_MS }),
    headersTimeout: policy.headersTimeoutMs ?? answerTimeoutMs,
    bodyTimeout: policy.idleTimeoutMs ?? answerTimeoutMs,
    maxHeaderSize: policy.maxHeaderBytes ?? MAX_HEADER_BYTES,
    maxResponseSize: maxBytes,
    keepAliveTimeout: REUSE_MS,
    keepAliveMaxTimeout: REUSE_MS,
    clientTtl: REUSE_MS,
  });
  const send: Send = ({ url, method, headers, body }, signal) =>
    undiciFetch(url, { method, headers: [...headers], body, signal, redirect: 'manual', dispatcher: agent });
  const reporting = (listener: (failure: FetchFailure) => void): Fetch => {
    return (url, init) => exchange({ send, loopback, maxBytes, answerTimeoutMs, listener }, url, init);
  };
  return Object.assign(
    reporting(() => undefined),
    { reporting, close: () => agent.close(), destroy: () => agent.destroy() },
  );
}

type Send = (request: Request, signal: AbortSignal) => ReturnType<typeof undiciFetch>;

interface Exchange extends AddressPolicy {
  send: Send;
  maxBytes: number;
  answerTimeoutMs: number;
  listener: (failure: FetchFailure) => void;
}

/** A request and its answer, which has ended when the body of the answer has. */
async function exchange(parts: Exchange, url: string | URL, init: RequestInit = {}): Promise<Response> {
  const aborter = new AbortController();
  const late = () => aborter.abort(new McpConnectionError('did not answer in time'));
  // The timer of an unread answer does not keep the process running; its socket does.
  const timer = setTimeout(late, parts.answerTimeoutMs).unref();
  const abandoned = () => aborter.abort(init.signal?.reason);
  init.signal?.addEventListener('abort', abandoned, { once: true });
  const ended = (failure?: unknown) => {
    clearTimeout(timer);
    init.signal?.removeEventListener('abort', abandoned);
    if (failure !== undefined) aborter.abort(failure);
  };
  const failed = (thrown: unknown, problem: string): Error => {
    if (init.signal?.aborted) return init.signal.reason as Error;
    const failure = fetchFailure(aborter.signal.aborted ? aborter.signal.reason : thrown, problem);
    parts.listener(failure);
    return failure;
  };

  try {
    init.signal?.throwIfAborted();
    const answer = await follow(parts, requestOf(url, init), init.redirect, aborter.signal);
    const encoding = answer.response.headers.get('content-encoding') ?? 'identity';
    if (!ENCODINGS.includes(encoding.toLowerCase())) throw new McpConnectionError('answers in an unknown encoding');
    const body =
      answer.response.body &&
      boundedBody(answer.response.body as ReadableStream<Uint8Array>, {
        maxBytes: parts.maxBytes,
        tooLarge: () => new McpConnectionError(`answers with more than ${parts.maxBytes} bytes`),
        failure: (thrown) => failed(thrown, 'closed the connection'),
        ended,
      });
    if (body === null) ended();
    return responseOf(answer, body);
  } catch (thrown) {
    const failure = failed(thrown, 'could not be reached');
    ended(failure);
    throw failure;
  }
}

interface Answer {
  response: Awaited<ReturnType<Send>>;
  url: URL;
  redirected: boolean;
}

/** Sends a request, and again to wherever it is redirected. */
async function follow(
  { send, loopback }: Exchange,
  first: Request,
  redirect: RequestInit['redirect'] = 'follow',
  signal: AbortSignal,
): Promise<Answer> {
  let request = first;
  checkUrl(request.url, { loopback });
  for (let count = 0; count <= MAX_REDIRECTS; count++) {
    const response = await send(request, signal);
    const target = redirect === 'manual' ? undefined : redirectTarget(response.status, response.headers);
    if (target === undefined) return { response, url: request.url, redirected: count > 0 };
    await response.body?.cancel();
    if (redirect === 'error') throw new McpConnectionError('redirects elsewhere');
    request = redirected(request, response.status, target, { loopback });
  }
  throw new McpConnectionError(`redirects more than ${MAX_REDIRECTS} times`);
}

function requestOf(url: string | URL, { method = 'GET', headers, body }: RequestInit): Request {
  return { url: new URL(url), method: method.toUpperCase(), headers: new Headers(headers), ...withBody(body) };
}

function withBody(body: RequestInit['body']): Pick<Request, 'body'> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string' || body instanceof URLSearchParams || body instanceof Uint8Array) return { body };
  throw new TypeError('The body of a guarded request is a text, bytes or a form.');
}

/** The platform's own `Response`, which libraries ask for by `instanceof`. */
function responseOf({ response, url, redirected }: Answer, body: ReadableStream<Uint8Array> | null): Response {
  const { status, statusText, headers } = response;
  if (status < 200 || status > MAX_STATUS) {
    throw new McpConnectionError(`answered with HTTP status ${status}`, undefined, { serverStatus: status });
  }
  const answer = new Response(body, { status, statusText, headers: [...headers] });
  Object.defineProperties(answer, { url: { value: url.href }, redirected: { value: redirected } });
  return answer;
}
