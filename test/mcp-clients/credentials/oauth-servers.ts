import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../http-servers.ts';
import { recordingServer, sendJson, type RecordedRequest, type RecordingServer } from '../recording-server.ts';

export interface OAuthClient {
  clientId: string;
  clientSecret: string;
}

/** How an authorization server is unlike others. */
export interface AuthorizationBehaviour {
  /** The only ways in which it takes a secret; in its metadata, unless that is to say something else. */
  methods?: ('client_secret_basic' | 'client_secret_post')[];
  /** Instead of what its metadata would say; `undefined` leaves a member out. */
  metadata?: Record<string, unknown>;
  /** It has none. */
  noMetadata?: boolean;
  expiresIn?: number;
  /** Members of its answers with a token, instead of its own. */
  token?: Record<string, unknown>;
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
  scopeOf(token: string): string;
  issued: string[];
  revokeAll(): void;
  /** Instead of a token, if it is set: the error of RFC 6749. */
  refusal: { error: string; error_description: string } | undefined;
  /** At the origin of an MCP server: whether the request was one for it. */
  handle(request: Pick<RecordedRequest, 'path' | 'method' | 'headers' | 'body'>, response: ServerResponse): boolean;
  close(): Promise<void>;
}

/** An OAuth authorization server (RFC 8414) for client credentials, which are decoded as RFC 6749 has it. */
export async function authorizationServer(
  clients: OAuthClient[],
  prefix = 'access',
  {
    methods = ['client_secret_basic'],
    metadata = {},
    noMetadata,
    expiresIn = 3_600,
    token: own = {},
  }: AuthorizationBehaviour = {},
): Promise<AuthorizationServer> {
  const tokens = new Map<string, { clientId: string; scope: string }>();

  const shown = (authorization: string | undefined, form: URLSearchParams): OAuthClient | undefined => {
    if (authorization === undefined) {
      const [clientId, clientSecret] = [form.get('client_id'), form.get('client_secret')];
      if (!methods.includes('client_secret_post') || clientId === null || clientSecret === null) return undefined;
      return { clientId, clientSecret };
    }
    if (!methods.includes('client_secret_basic')) return undefined;
    const parts = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
    const [clientId = '', clientSecret = ''] = parts.map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '');
    return parts.length === 2 ? { clientId, clientSecret } : undefined;
  };
  const issue = (authorization: string | undefined, body: string, response: ServerResponse): void => {
    const form = new URLSearchParams(body);
    server.tokenRequests.push({ authorization, form });
    const found = shown(authorization, form);
    const client = clients.find((known) => JSON.stringify(known) === JSON.stringify(found));
    if (server.refusal) return sendJson(response, server.refusal, {}, 400);
    if (!client || form.get('grant_type') !== 'client_credentials') {
      const said = { error: 'invalid_client', error_description: `not known: ${String(authorization)} ${body}` };
      return sendJson(response, said, { 'www-authenticate': 'Basic realm="tokens"' }, 401);
    }
    const token = `${prefix}-${client.clientId}-${randomUUID()}`;
    tokens.set(token, { clientId: client.clientId, scope: form.get('scope') ?? '' });
    server.issued.push(token);
    sendJson(response, { access_token: token, token_type: 'Bearer', expires_in: expiresIn, ...own });
  };

  const running = await serve((incoming, response) => {
    const { url: path = '', method = '', headers } = incoming;
    server.paths.push(path);
    server.headers.push(headers);
    void text(incoming).then((body) => {
      if (!server.handle({ path, method, headers, body }, response)) response.writeHead(404).end();
    });
  });
  const server: AuthorizationServer = {
    issuer: new URL(running.url).origin,
    tokenRequests: [],
    paths: [],
    headers: [],
    clientOf: (token) => tokens.get(token)?.clientId,
    scopeOf: (token) => tokens.get(token)?.scope ?? '',
    issued: [],
    revokeAll: () => tokens.clear(),
    refusal: undefined,
    handle({ path, method, headers, body }, response) {
      if (path === '/.well-known/oauth-authorization-server' && noMetadata !== true) {
        const own = {
          issuer: server.issuer,
          authorization_endpoint: `${server.issuer}/authorize`,
          token_endpoint: `${server.issuer}/token`,
          response_types_supported: ['code'],
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: methods,
        };
        sendJson(response, { ...own, ...metadata });
        return true;
      }
      if (path !== '/token' || method !== 'POST') return false;
      issue(headers.authorization, body, response);
      return true;
    },
    close: () => running.close(),
  };
  return server;
}

interface Protection {
  /** Its own origin is the authorization server. */
  ownOrigin?: boolean;
  /** It says nothing of where tokens come from. */
  silent?: boolean;
  /** What a call needs of its token. */
  callScope?: string;
}

/** An MCP server that takes the tokens of `authorization` only, and says so (RFC 9728). */
export async function protectedServer(
  authorization: AuthorizationServer,
  { ownOrigin, silent, callScope }: Protection = {},
): Promise<RecordingServer> {
  const origin = ({ headers }: RecordedRequest) => `http://${String(headers.host)}`;
  return recordingServer({
    before(request, response) {
      if (ownOrigin) {
        authorization.issuer = origin(request);
        if (authorization.handle(request, response)) return true;
      }
      const metadata = `${origin(request)}/.well-known/oauth-protected-resource/mcp`;
      if (request.path === '/.well-known/oauth-protected-resource/mcp' && !silent) {
        sendJson(response, { resource: `${origin(request)}/mcp`, authorization_servers: [authorization.issuer] });
        return true;
      }
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (authorization.clientOf(token) === undefined) {
        const challenge = silent ? 'Bearer' : `Bearer resource_metadata="${metadata}"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
        return true;
      }
      if (callScope === undefined || request.rpc?.method !== 'tools/call') return false;
      if (authorization.scopeOf(token).split(' ').includes(callScope)) return false;
      const challenge = `Bearer error="insufficient_scope", scope="${callScope}", error_description="more"`;
      response.writeHead(403, { 'www-authenticate': challenge }).end();
      return true;
    },
  });
}
