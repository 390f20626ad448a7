import { asCaller, withToken } from '../api/client/http-caller.ts';
import type { Authorize, SenderSettings } from '../api/client/http-sender.ts';
import { isSessionToken } from './agent-session.ts';
import { UsageError, type CliIo } from './cli-io.ts';
import { isLoopback, proxied } from './proxy.ts';
import { textOfFile, withoutMark } from './text-input.ts';

/** Where `npm start` listens. */
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** What all commands take. */
export interface ConnectionOptions {
  url?: string | undefined;
  user?: string | undefined;
  org?: string | undefined;
  role?: string | undefined;
  tokenFile?: string | undefined;
  sigv4?: boolean | undefined;
  region?: string | undefined;
  insecure: boolean;
  timeout: number;
}

export interface Connection extends SenderSettings {
  /** Whether the network in between can read what is sent. */
  isReadable: boolean;
  hasToken: boolean;
  /** Of the agent of a session, which has routes of its own. */
  sessionToken?: string;
}

/** Where to ask and as whom: options first, then the environment, where empty is as good as unset. */
export async function connectionOf(options: ConnectionOptions, { env: all, signal }: CliIo): Promise<Connection> {
  const env = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value ? [[name, withoutMark(value)]] : [])),
  ) as CliIo['env'];
  const url = checkedUrl(options.url ?? env.SESSION_MANAGER_URL ?? DEFAULT_URL);
  const authorize: Authorize[] = [
    asCaller({
      userId: options.user ?? env.SESSION_MANAGER_USER,
      orgId: options.org ?? env.SESSION_MANAGER_ORG,
      role: options.role ?? env.SESSION_MANAGER_ROLE,
    }),
  ];
  const { tokenFile, sigv4 = false } = options;
  const given = tokenFile === undefined ? env.SESSION_MANAGER_TOKEN : await tokenIn(tokenFile);
  const token = sigv4 ? undefined : given?.trim();
  if (sigv4) authorize.push(await signature(options.region, url, env));
  else if (token !== undefined) authorize.push(checkedToken(token));
  return {
    url: url.href,
    authorize,
    exchange: await proxied(url, env),
    timeoutMs: checkedSeconds(options.timeout) * 1000,
    signal,
    isReadable: url.protocol === 'http:' && !isLoopback(url),
    hasToken: token !== undefined,
    ...(token !== undefined && isSessionToken(token) && { sessionToken: token }),
  };
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError('The URL must begin with http:// or https://.');
  if (url.username || url.password) throw new UsageError('The URL must not contain credentials.');
  if (/[?#]/.test(text)) throw new UsageError('The URL must end with its path.');
  return url;
}

async function tokenIn(file: string): Promise<string> {
  const token = await textOfFile(file, '--token-file');
  if (token.trim() === '') throw new UsageError('--token-file has no token in it.');
  return token;
}

function checkedToken(token: string): Authorize {
  try {
    return withToken(token);
  } catch (thrown) {
    throw new UsageError((thrown as Error).message);
  }
}

function checkedSeconds(seconds: number): number {
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError('--timeout must be a number of seconds above 0, and a day at most.');
}

/** Loaded only here, so no other run waits for it. */
async function signature(named: string | undefined, url: URL, env: CliIo['env']): Promise<Authorize> {
  const [{ regionOf, signedFor }, { regionIn }] = await Promise.all([
    import('../api/client/request-signature.ts'),
    import('../api/client/aws-settings.ts'),
  ]);
  const region = named ?? regionOf(url) ?? regionIn(env);
  if (!region) throw new UsageError('--sigv4 needs a region: --region, or AWS_REGION.');
  return signedFor(region);
}
