import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { McpEndpointForbiddenError } from '../errors.ts';
import type { McpCredentials } from './mcp-credentials.ts';

/** `fetch` for one connection: it alone carries the client's headers, and to nobody but the endpoint's own origin. */
export interface EndpointFetch {
  fetch: FetchLike;
  /** What was refused on the way; not every transport passes on why a request failed. */
  refusal(): McpEndpointForbiddenError | undefined;
}

export function endpointFetch(
  inner: FetchLike,
  endpoint: string,
  { auth, headers = {} }: McpCredentials,
): EndpointFetch {
  const { origin } = new URL(endpoint);
  const own = Object.entries(auth?.type === 'bearer' ? { ...headers, authorization: `Bearer ${auth.token}` } : headers);
  let refusal: McpEndpointForbiddenError | undefined;
  return {
    async fetch(url, init) {
      const all = new Headers(init?.headers);
      if (new URL(url).origin === origin) for (const [name, value] of own) all.set(name, value);
      try {
        return await inner(url, { ...init, headers: all });
      } catch (thrown) {
        if (thrown instanceof McpEndpointForbiddenError) refusal = thrown;
        throw thrown;
      }
    },
    refusal: () => refusal,
  };
}
