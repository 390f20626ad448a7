import { buffer } from 'node:stream/consumers';
import { anyOf } from './call-limits.ts';
import type { HttpAnswer } from './http-answer.ts';
import { exchangedDirectly, ProxyFailure, type Exchange, type Incoming, type Outgoing } from './http-exchange.ts';
import type { HttpRequest } from './http-request.ts';

export const DEFAULT_TIMEOUT_MS = 60_000;

/** Says who is calling, by further headers. It sees the request as it is so far. */
export type Authorize = (request: HttpRequest, url: URL) => Record<string, string> | Promise<Record<string, string>>;

export interface HttpSettings {
  /** Where the API is: `http://127.0.0.1:3000`, or what the stack's output says. */
  url: string;
  /** One after the other, each on top of those before it. */
  authorize?: readonly Authorize[];
  /** How long an answer may take; a minute unless told otherwise. */
  timeoutMs?: number;
  /** Gives up what is under way. */
  signal?: AbortSignal;
}

/** What the command line adds: how requests are sent, if not directly. */
export interface SenderSettings extends HttpSettings {
  exchange?: Exchange | undefined;
}

/** There was no answer: the server cannot be reached or took too long. What it did is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const CUT = 'the connection was cut';
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
};

/** What Node's own clients throw, and undici. */
type Failure = Error & { code?: string };

/** Sends a request once and reads all of its answer. */
export async function send(request: HttpRequest, settings: SenderSettings): Promise<HttpAnswer> {
  const outgoing = await authorized(request, settings);
  const time = AbortSignal.timeout(Math.ceil(settings.timeoutMs ?? DEFAULT_TIMEOUT_MS));
  try {
    const { status, headers, body } = await exchanged(outgoing, settings, time);
    return { status, headers, body: await buffer(body) };
  } catch (thrown) {
    throw whyNoAnswer(thrown, settings, time);
  }
}

/** What an answer begins with. Reading its body may still fail. */
export const exchanged = (outgoing: Outgoing, settings: SenderSettings, time: AbortSignal): Promise<Incoming> =>
  (settings.exchange ?? exchangedDirectly)(outgoing, anyOf(settings.signal, time));

/** The request with everything that says who is calling. */
export async function authorized(request: HttpRequest, { url: root, authorize = [] }: HttpSettings): Promise<Outgoing> {
  const url = new URL(`${root.replace(/\/+$/, '')}${request.target}`);
  const { method, body } = request;
  let { headers } = request;
  for (const add of authorize) headers = { ...headers, ...(await add({ ...request, headers }, url)) };
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  // Some firewalls refuse who does not say these two.
  const usual = { accept: '*/*', 'user-agent': 'agent-session-manager' };
  const named = Object.fromEntries(new Headers(headers));
  return { url: url.href, method, headers: { ...usual, ...named, ...length }, body };
}

/** The caller's own reason where that is it, else that there was no answer. */
export function whyNoAnswer(thrown: unknown, { url, signal }: HttpSettings, time: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const { origin } = new URL(url);
  if (time.aborted) return new NoAnswerError(`${origin} did not answer in time. What it was asked may still be done.`);
  const { message } = causeOf(thrown);
  const reason = REASONS[codeOf(thrown) ?? ''] ?? message;
  const through = thrown instanceof ProxyFailure ? ` through the proxy ${thrown.proxy}` : '';
  return new NoAnswerError(`${origin} does not answer${through}: ${reason}.`, { cause: thrown });
}

const causeOf = (thrown: unknown): Failure => (thrown instanceof ProxyFailure ? thrown.cause : thrown) as Failure;
const codeOf = (thrown: unknown): string | undefined => causeOf(thrown).code;

/** Whether a connection that there was ended before there was an answer. */
export const wasCut = (thrown: unknown): boolean =>
  thrown instanceof NoAnswerError && thrown.cause !== undefined && REASONS[codeOf(thrown.cause) ?? ''] === CUT;
