import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import { authorizingFetch } from './authorizing-fetch.ts';
import type { ClientCredentialsGrant } from './client-credentials-grant.ts';
import type { FetchFailure } from './fetch-failure.ts';
import type { Fetch, GuardedFetch } from './guarded-fetch.ts';
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
  const withHeaders = (send: Fetch): Fetch => {
    return (url, init) => {
      const all = new Headers(init?.headers);
      if (new URL(url).origin === origin) for (const [name, value] of own) all.set(name, value);
      return send(url, { ...init, headers: all });
    };
  };
  const send = withHeaders(guarded.reporting((thrown) => (failure ??= thrown)));
  if (!grant) return { fetch: send, failure: () => failure };
  // Not every failure of a discovery fails it: only what is thrown in the end is reported.
  const authorized = authorizingFetch(send, origin, grant.tokensFor(endpoint, withHeaders(guarded)));
  return {
    fetch: (url, init) =>
      authorized(url, init).catch((thrown: unknown) => {
        if (thrown instanceof McpConnectionError || thrown instanceof McpEndpointForbiddenError) failure ??= thrown;
        throw thrown;
      }),
    failure: () => failure,
  };
}
