import { request as overHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as overHttps } from 'node:https';

/** A request with everything that says who is calling. */
export interface Outgoing {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

/** An answer whose head has arrived. */
export interface Incoming {
  status: number;
  headers: Headers;
  body: AsyncIterable<Uint8Array>;
}

/** Sends a request once. Follows no redirect: it could lead a token elsewhere. */
export type Exchange = (request: Outgoing, signal: AbortSignal | undefined) => Promise<Incoming>;

/** Why a request that went through a proxy has no answer. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** Its address, without credentials, and the variable that names it. */
  readonly proxy: string;

  constructor(proxy: string, cause: unknown) {
    super('no answer', { cause });
    this.proxy = proxy;
  }
}

/** Not by `fetch`, which by its standard sends a request twice that is answered 421. */
export const exchangedDirectly: Exchange = async ({ url, method, headers, body }, signal) => {
  const response = await answered(new URL(url), { method, headers, signal }, body);
  return { status: response.statusCode ?? 0, headers: headersOf(response.headersDistinct), body: response };
};

export const headersOf = (values: Readonly<Record<string, string | string[] | undefined>>): Headers =>
  new Headers(
    Object.entries(values).flatMap(([name, value = []]) => [value].flat().map((one): [string, string] => [name, one])),
  );

async function answered(url: URL, options: RequestOptions, body: Outgoing['body']): Promise<IncomingMessage> {
  const overWhat = url.protocol === 'https:' ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    overWhat(url, options, resolve).on('error', reject).end(body);
  });
}
