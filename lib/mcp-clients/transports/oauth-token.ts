import {
  allowInsecureRequests,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
  type AuthorizationServer,
  type ClientAuth,
} from 'oauth4webapi';
import { McpConnectionError } from '../../errors.ts';
import { basicOf, type ClientCredentials } from '../credentials/mcp-credentials.ts';
import type { Fetch } from './guarded-fetch.ts';
import type { TokenSource } from './oauth-discovery.ts';

/** An access token, and how long it is good (ms) as far as its server says. */
export interface AccessToken {
  value: string;
  lifetimeMs?: number;
}

/** What a request for a token says. */
export interface TokenRequest {
  auth: ClientCredentials;
  source: TokenSource;
  scope: string | undefined;
  fetch: Fetch;
  redact: (text: string) => string;
}

export async function requestToken({ auth, source, scope, fetch, redact }: TokenRequest): Promise<AccessToken> {
  const { server } = source;
  const { clientId, audience, resource = source.resource } = auth;
  const client = { client_id: clientId };
  const parameters = {
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
  };
  const answer = await clientCredentialsGrantRequest(server, client, authenticationFor(auth, server), parameters, {
    [customFetch]: (url, init) => fetch(url, init),
    // Which addresses and protocols may be reached is for `fetch` to say.
    [allowInsecureRequests]: true,
  });
  if (answer.status !== 200) throw await refusal(answer, redact);
  const { access_token, expires_in } = await processClientCredentialsResponse(server, client, answer);
  return { value: access_token, ...(expires_in !== undefined && { lifetimeMs: expires_in * 1000 }) };
}

function authenticationFor(auth: ClientCredentials, { token_endpoint_auth_methods_supported }: AuthorizationServer) {
  const listed = Array.isArray(token_endpoint_auth_methods_supported) ? token_endpoint_auth_methods_supported : [];
  const onlyInBody = listed.includes('client_secret_post') && !listed.includes('client_secret_basic');
  const method = auth.tokenEndpointAuthMethod ?? (onlyInBody ? 'client_secret_post' : 'client_secret_basic');
  return method === 'client_secret_post' ? ClientSecretPost(auth.clientSecret) : inHeader(auth);
}

/**
 * The library's own way also encodes `-`, `.` and `_`, which needs no encoding: servers that decode nothing, of which there
 * are many, would then not know an id like `my-agent`.
 */
const inHeader =
  (auth: ClientCredentials): ClientAuth =>
  (_server, _client, _body, headers) =>
    headers.set('authorization', `Basic ${basicOf(auth)}`);

/** The code of the error and nothing else that the server says: a description may repeat what it was sent. */
async function refusal(answer: Response, redact: (text: string) => string): Promise<McpConnectionError> {
  const { error } = await answer.json().then(
    (body: unknown) => (body ?? {}) as { error?: unknown },
    () => ({ error: undefined }),
  );
  const isCode = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) && redact(error) === error;
  if (!isCode) {
    const { status } = answer;
    return new McpConnectionError(
      `cannot be signed in to: its authorization server answered with HTTP status ${status}`,
    );
  }
  return new McpConnectionError(`cannot be signed in to (${error})`, undefined, { oauthError: error });
}
