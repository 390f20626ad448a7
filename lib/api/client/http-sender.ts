import { request as overHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as overHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { anyOf } from './call-limits.ts';
import type { HttpAnswer } from './http-answer.ts';
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

/** What `fetch` throws, and `exchanged`. */
type Failure = Error & { cause?: { code?: string; message?: string } };

/** Sends a request once and reads all of its answer. */
export async function send(request: HttpRequest, settings: HttpSettings): Promise<HttpAnswer> {
  const outgoing = await authorized(request, settings);
  const time = AbortSignal.timeout(Math.ceil(settings.timeoutMs ?? DEFAULT_TIMEOUT_MS));
  try {
    return await exchanged(outgoing, request.body, anyOf(settings.signal, time));
  } catch (thrown) {
    throw whyNoAnswer(thrown, settings, time);
  }
}

/** Not by `fetch`, which by its standard sends a request twice that is answered 421. */
async function exchanged(
  { url, method, headers }: Request,
  body: HttpRequest['body'],
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  // Some firewalls refuse who does not say these two.
  const usual = { accept: '*/*', 'user-agent': 'agent-session-manager' };
  const options = { method, headers: { ...usual, ...Object.fromEntries(headers), ...length }, signal };
  try {
    const response = await answered(new URL(url), options, body);
    const { statusCode = 0, headersDistinct } = response;
    const told = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    return { status: statusCode, headers: new Headers(told), body: await buffer(response) };
  } catch (thrown) {
    throw new Error('no answer', { cause: thrown });
  }
}

async function answered(url: URL, options: RequestOptions, body: HttpRequest['body']): Promise<IncomingMessage> {
  const overWhat = url.protocol === 'https:' ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    overWhat(url, options, resolve).on('error', reject).end(body);
  });
}

/** The request with all that says who is calling. Redirects are not followed: they could lead that elsewhere. */
export async function authorized(request: HttpRequest, { url: root, authorize = [] }: HttpSettings): Promise<Request> {
  const url = new URL(`${root.replace(/\/+$/, '')}${request.target}`);
  const { method, body = null } = request;
  let { headers } = request;
  for (const add of authorize) headers = { ...headers, ...(await add({ ...request, headers }, url)) };
  return new Request(url, { method, headers, body, redirect: 'manual' });
}

/** The caller's own reason where that is it, else that there was no answer. */
export function whyNoAnswer(thrown: unknown, { url, signal }: HttpSettings, time: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const { origin } = new URL(url);
  if (time.aborted) return new NoAnswerError(`${origin} did not answer in time. What it was asked may still be done.`);
  const { message, cause } = thrown as Failure;
  const reason = REASONS[cause?.code ?? ''] ?? cause?.message ?? message;
  return new NoAnswerError(`${origin} does not answer: ${reason}.`, { cause: thrown });
}

/** Whether a connection that there was ended before there was an answer. */
export const wasCut = (thrown: unknown): boolean =>
  thrown instanceof NoAnswerError && REASONS[(thrown.cause as Failure | undefined)?.cause?.code ?? ''] === CUT;
