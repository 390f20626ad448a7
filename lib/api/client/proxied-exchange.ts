import { buildConnector, EnvHttpProxyAgent, request as overProxy } from 'undici';
import { headersOf, ProxyFailure, type Exchange } from './http-exchange.ts';

/** The proxies of an environment, as undici reads them. Where both are absent, nothing is proxied. */
export interface Proxies {
  /** For `http:`, and for `https:` if that has none of its own. */
  httpProxy?: string | undefined;
  httpsProxy?: string | undefined;
  /** Names of hosts that are reached directly. */
  noProxy: string;
  /** The value of the header by which the proxy knows who is asking. */
  token?: string | undefined;
}

/** The time of a request is in its signal. */
const NO_TIME_LIMIT = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** Sends requests through the proxies. `proxy` is what an error says about the one that is used. */
export function exchangedThrough(proxies: Proxies, proxy: string): Exchange {
  let isDirect = false;
  const connectDirectly = buildConnector({});
  const dispatcher = new EnvHttpProxyAgent({
    ...proxies,
    ...NO_TIME_LIMIT,
    // As other programs do: a tunnel for https alone.
    proxyTunnel: false,
    // Undici calls this for hosts of NO_PROXY, and has connectors of its own to and through a proxy.
    connect: (options, done) => {
      isDirect = true;
      connectDirectly(options, done);
    },
  });
  const through = (thrown: unknown): Error => (isDirect ? (thrown as Error) : new ProxyFailure(proxy, thrown));
  return async ({ url, ...request }, signal) => {
    const sent = overProxy(url, { ...request, signal, dispatcher });
    const { statusCode, headers, body } = await sent.catch((thrown: unknown) => Promise.reject(through(thrown)));
    // Without a tunnel this is how a proxy itself refuses.
    if (statusCode === 407) throw through(new Error('it wants other credentials'));
    return { status: statusCode, headers: headersOf(headers), body };
  };
}
