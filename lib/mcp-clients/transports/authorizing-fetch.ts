import { auth, extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import type { ClientCredentialsGrant } from '../credentials/client-credentials-grant.ts';
import type { Fetch } from './guarded-fetch.ts';

/** Adds the access token to requests to the endpoint's origin, whatever their method. A 401 is answered with another token, once. */
export function authorizingFetch(send: Fetch, endpoint: string, grant: ClientCredentialsGrant): Fetch {
  const { origin } = new URL(endpoint);
  const withToken: Fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    const token = grant.tokens()?.access_token;
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    return send(url, { ...init, headers });
  };
  return async (url, init) => {
    if (new URL(url).origin !== origin) return send(url, init);
    const answer = await withToken(url, init);
    if (answer.status !== 401) return answer;
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(answer);
    await answer.body?.cancel();
    await auth(grant, { serverUrl: endpoint, resourceMetadataUrl, scope, fetchFn: send });
    return withToken(url, init);
  };
}
