import { authorizingFetch } from './authorizing-fetch.ts';
import type { FetchFailure } from './fetch-failure.ts';
import type { Fetch, GuardedFetch } from './guarded-fetch.ts';
import type { ClientCredentialsGrant } from '../credentials/client-credentials-grant.ts';
import type { McpCredentials } from '../credentials/mcp-credentials.ts';

/** `fetch` for one connection: the only code that adds the client's headers, and only for the origin of the endpoint. */
export interface EndpointFetch {
  fetch: Fetch;
  /** What went wrong first: not every transport passes on why a request failed. */
  failure: () => FetchFailure | undefined;
}

export function endpointFetch(
  guarded: GuardedFetch,
  endpoint: string,
  { auth, headers = {} }: McpCredentials,
  grant?: ClientCredentialsGrant,
): EndpointFetch {
  const { origin } = new URL(endpoint);
  const own = Object.entries(auth?.type === 'bearer' ? { ...headers, authorization: `Bearer ${auth.token}` } : headers);
  let failure: FetchFailure | undefined;
  const send = guarded.reporting((thrown) => (failure ??= thrown));
  const withHeaders: Fetch = (url, init) => {
    const all = new Headers(init?.headers);
    if (new URL(url).origin === origin) for (const [name, value] of own) all.set(name, value);
    return send(url, { ...init, headers: all });
  };
  return { fetch: grant ? authorizingFetch(withHeaders, endpoint, grant) : withHeaders, failure: () => failure };
}
