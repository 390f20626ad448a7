import type { Exchange } from '../api/client/http-exchange.ts';
import { UsageError, type CliIo } from './cli-io.ts';

/**
 * What sends requests to this address through the proxies of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in
 * lower case first. undefined: directly. This computer is always reached directly: a proxy would look for itself.
 */
export async function proxied(url: URL, env: CliIo['env']): Promise<Exchange | undefined> {
  const forHttps = [
    ['https_proxy', env.https_proxy],
    ['HTTPS_PROXY', env.HTTPS_PROXY],
  ] as const;
  const forHttp = [
    ['http_proxy', env.http_proxy],
    ['HTTP_PROXY', env.HTTP_PROXY],
  ] as const;
  const named = url.protocol === 'https:' ? [...forHttps, ...forHttp] : forHttp;
  const [name, value] = named.find(([, address]) => address !== undefined) ?? [];
  if (name === undefined || value === undefined || isLoopback(url)) return undefined;
  const proxy = checkedProxy(name, value);
  // Loaded only here, so no other run waits for it.
  const { exchangedThrough } = await import('../api/client/proxied-exchange.ts');
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  const proxies = { httpProxy: proxy.origin, httpsProxy: proxy.origin, noProxy, token: credentialsOf(proxy) };
  return exchangedThrough(proxies, `${proxy.origin} (${name})`);
}

/** What never leaves this computer. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** As other programs take it: without a scheme it is http. The value is not repeated: it may have a password. */
function checkedProxy(name: string, value: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  const isProxy = proxy?.protocol === 'http:' || proxy?.protocol === 'https:';
  if (isProxy && proxy.pathname === '/' && proxy.search + proxy.hash === '' && isDecodable(proxy)) return proxy;
  throw new UsageError(`${name} must be the address of a proxy: http://host:port.`);
}

/** Basic authentication (RFC 7617), also without a password. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username + password === '') return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function isDecodable({ username, password }: URL): boolean {
  try {
    return decodeURIComponent(username + password) !== undefined;
  } catch {
    return false;
  }
}
