import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../http-servers.ts';
import { recordingServer, sendJson, type RecordedRequest, type RecordingServer } from '../recording-server.ts';

export interface OAuthClient {
  clientId: string;
  clientSecret: string;
}

export interface AuthorizationServer {
  issuer: string;
  /** What it was asked for a token with: `authorization` as it came, and the form. */
  tokenRequests: { authorization: string | undefined; form: URLSearchParams }[];
  /** Every path that it was asked for. */
  paths: string[];
  headers: IncomingHttpHeaders[];
  /** The token's client; nothing once it is revoked. */
  clientOf(token: string): string | undefined;
  issued: string[];
  revokeAll(): void;
  close(): Promise<void>;
}

/** An OAuth authorization server (RFC 8414) for client credentials over `client_secret_basic`. */
export async function authorizationServer(clients: OAuthClient[], prefix = 'access'): Promise<AuthorizationServer> {
  const tokens = new Map<string, string>();
  const issued: string[] = [];
  const tokenRequests: AuthorizationServer['tokenRequests'] = [];
  const paths: string[] = [];
  const received: IncomingHttpHeaders[] = [];
  let issuer = '';

  const basicOf = ({ clientId, clientSecret }: OAuthClient) =>
    `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const issue = (authorization: string | undefined, body: string, response: ServerResponse): void => {
    const form = new URLSearchParams(body);
    tokenRequests.push({ authorization, form });
    const client = clients.find((known) => basicOf(known) === authorization);
    if (!client || form.get('grant_type') !== 'client_credentials') {
      const said = { error: 'invalid_client', error_description: `not known: ${String(authorization)}` };
      return sendJson(response, said, {}, 401);
    }
    const token = `${prefix}-${client.clientId}-${randomUUID()}`;
    tokens.set(token, client.clientId);
    issued.push(token);
    sendJson(response, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
  };

  const server = await serve((incoming, response) => {
    const { url: path = '', method, headers } = incoming;
    paths.push(path);
    received.push(headers);
    if (path === '/.well-known/oauth-authorization-server') {
      return sendJson(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ['code'],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      });
    }
    if (path === '/token' && method === 'POST') {
      return void text(incoming).then((body) => issue(headers.authorization, body, response));
    }
    response.writeHead(404).end();
  });
  issuer = new URL(server.url).origin;
  return {
    issuer,
    tokenRequests,
    paths,
    headers: received,
    clientOf: (token) => tokens.get(token),
    issued,
    revokeAll: () => tokens.clear(),
    close: () => server.close(),
  };
}

/** An MCP server that takes the tokens of `authorization` only, and says so (RFC 9728). */
export async function protectedServer(authorization: AuthorizationServer): Promise<RecordingServer> {
  const origin = ({ headers }: RecordedRequest) => `http://${String(headers.host)}`;
  return recordingServer({
    before(request, response) {
      const metadata = `${origin(request)}/.well-known/oauth-protected-resource/mcp`;
      if (request.path === '/.well-known/oauth-protected-resource/mcp') {
        sendJson(response, { resource: `${origin(request)}/mcp`, authorization_servers: [authorization.issuer] });
        return true;
      }
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (authorization.clientOf(token) !== undefined) return false;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
      return true;
    },
  });
}
