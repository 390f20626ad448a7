import { McpConnectionError } from '../../errors.ts';
import type { Fetch } from './guarded-fetch.ts';
import { redirectTarget } from './redirects.ts';

const MAX_REDIRECTS = 5;

/** Follows redirects to the same origin only: metadata and a client secret belong to the origin that was asked. */
export function withinOrigin(fetch: Fetch): Fetch {
  return async (url, init = {}) => {
    let at = new URL(url);
    for (let count = 0; ; count++) {
      const answer = await fetch(at, { ...init, redirect: 'manual' });
      const target = redirectTarget(answer.status, answer.headers);
      if (target === undefined || count === MAX_REDIRECTS || !URL.canParse(target, at.href)) return answer;
      const next = new URL(target, at);
      if (next.origin !== at.origin || (init.method === 'POST' && answer.status < 307)) return answer;
      await answer.body?.cancel();
      at = next;
    }
  };
}

/** The answer if it is a success; nothing for a 4xx or a redirect, which say that there is nothing here. */
export async function found(fetch: Fetch, url: URL): Promise<Response | undefined> {
  const answer = await fetch(url, { headers: { accept: 'application/json' } });
  if (answer.ok) return answer;
  await answer.body?.cancel();
  if (answer.status < 500) return undefined;
  throw new McpConnectionError(`cannot be signed in to: its metadata was answered with HTTP status ${answer.status}`);
}

/** `/.well-known/<name>` before the path of a URL, as RFC 8414 and RFC 9728 have it. Without its query. */
export const wellKnownBefore = ({ origin, pathname }: URL, name: string): URL =>
  new URL(`/.well-known/${name}${pathname.replace(/\/$/, '')}`, origin);

/** The same after the path, as OpenID Connect has it. */
export const wellKnownAfter = ({ origin, pathname }: URL, name: string): URL =>
  new URL(`${pathname.replace(/\/$/, '')}/.well-known/${name}`, origin);
