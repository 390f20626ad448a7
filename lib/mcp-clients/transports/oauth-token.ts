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
import { isJsonObject } from '../../json/raw-json.ts';
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
  const said = await saidIn(answer);
  if (answer.status !== 200 || (said.error !== undefined && said.access_token === undefined)) {
    throw refusal(answer.status, said.error, redact);
  }
  if (isOtherType(said.token_type)) throw unusable('is not a bearer token');
  const { access_token, expires_in } = await processClientCredentialsResponse(server, client, readable(said));
  // A failure in a header would look like one of the MCP server.
  if (!/^[!-~]+$/.test(access_token)) throw unusable('does not fit into a header');
  return { value: access_token, ...(expires_in !== undefined && { lifetimeMs: expires_in * 1000 }) };
}

/** A token of another type, such as `DPoP`, is not usable without a key. */
const isOtherType = (type: unknown) => typeof type === 'string' && type.toLowerCase() !== 'bearer';

const unusable = (why: string) =>
  new McpConnectionError(`cannot be signed in to: its authorization server gave a token that ${why}`);

type Said = Partial<Record<'access_token' | 'token_type' | 'expires_in' | 'error', unknown>>;

/** Nothing where it is no JSON. */
async function saidIn(answer: Response): Promise<Said> {
  const body: unknown = await answer.json().catch((thrown: unknown) => {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  });
  return isJsonObject(body) ? body : {};
}

/** What is needed and can be read: servers write null for what they do not give, and lifetimes as texts. */
function readable({ access_token, token_type, expires_in }: Said): Response {
  const seconds = typeof expires_in === 'string' && expires_in !== '' ? Number(expires_in) : expires_in;
  const isKnown = typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0;
  return Response.json({ access_token, token_type, ...(isKnown && { expires_in: seconds }) });
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
function refusal(status: number, error: unknown, redact: (text: string) => string): McpConnectionError {
  const isCode = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) && redact(error) === error;
  if (!isCode) {
    return new McpConnectionError(
      `cannot be signed in to: its authorization server answered with HTTP status ${status}`,
    );
  }
  return new McpConnectionError(`cannot be signed in to (${error})`, undefined, { oauthError: error });
}
