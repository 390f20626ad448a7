import { processDiscoveryResponse, type AuthorizationServer } from 'oauth4webapi';
import * as z from 'zod/mini';
import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import { lazily } from '../../schemas.ts';
import type { BearerChallenge } from './bearer-challenge.ts';
import type { Fetch } from './guarded-fetch.ts';
import { found, wellKnownAfter, wellKnownBefore } from './oauth-fetch.ts';

/** Where tokens for an MCP server come from. */
export interface TokenSource {
  server: AuthorizationServer;
  /** What the MCP server calls itself (RFC 8707); nothing if it does not say. */
  resource?: string;
}

/** What is looked at, and by which `fetch`. */
export interface Discovery {
  /** Of the MCP server. */
  endpoint: URL;
  /** The only authorization server that may be shown the secret, if the caller has named it. */
  issuer: string | undefined;
  fetch: Fetch;
  /** A text of a server, which may repeat a secret. */
  redact: (text: string) => string;
}

const resourceSchema = lazily(() =>
  z.object({ resource: z.url(), authorization_servers: z.optional(z.array(z.url({ protocol: /^https?$/ }))) }),
);
type ProtectedResource = z.infer<ReturnType<typeof resourceSchema>>;

/** The authorization server of an MCP server (RFC 9728, RFC 8414), or a refusal if the secret must not go there. */
export async function discoverTokenSource(discovery: Discovery, challenge: BearerChallenge): Promise<TokenSource> {
  const protectedResource = await protectedResourceOf(discovery, challenge);
  const issuer = issuerFor(discovery, protectedResource?.authorization_servers ?? []);
  const server = (await metadataOf(issuer, discovery.fetch)) ?? withoutMetadata(issuer);
  checkTokenEndpoint(server, issuer, discovery);
  return { server, ...(protectedResource && { resource: protectedResource.resource }) };
}

/** What cannot be had or read is as if there were none: servers of the older protocol have none. */
async function protectedResourceOf({ endpoint, fetch }: Discovery, { resourceMetadata }: BearerChallenge) {
  const name = 'oauth-protected-resource';
  const places = resourceMetadata
    ? [resourceMetadata]
    : [wellKnownBefore(endpoint, name), wellKnownBefore(new URL('/', endpoint), name)];
  for (const place of places) {
    const read = await readResource(fetch, place);
    if (!read) continue;
    if (!covers(new URL(read.resource), endpoint)) {
      throw new McpConnectionError('cannot be signed in to: its metadata is that of another resource');
    }
    return read;
  }
  return undefined;
}

async function readResource(fetch: Fetch, place: URL): Promise<ProtectedResource | undefined> {
  try {
    const answer = await found(fetch, place);
    return answer && resourceSchema().safeParse(await answer.json()).data;
  } catch (thrown) {
    if (thrown instanceof McpEndpointForbiddenError) throw thrown;
    return undefined;
  }
}

/** A resource is its own URL or one above it. */
function covers(resource: URL, endpoint: URL): boolean {
  const withSlash = ({ pathname }: URL) => (pathname.endsWith('/') ? pathname : `${pathname}/`);
  return resource.origin === endpoint.origin && withSlash(endpoint).startsWith(withSlash(resource));
}

/** The one that the caller has named, else one at the endpoint's own origin: an MCP server cannot send a secret elsewhere. */
function issuerFor({ endpoint, issuer, redact }: Discovery, named: string[]): URL {
  if (issuer !== undefined) {
    if (named.length === 0) return new URL(issuer);
    const same = named.find((other) => withoutSlash(other) === withoutSlash(issuer));
    if (same !== undefined) return new URL(same);
    throw new McpConnectionError('names an authorization server that is not the issuer of these credentials');
  }
  if (named.length === 0) return new URL('/', endpoint);
  const own = named.find((other) => new URL(other).origin === endpoint.origin);
  if (own !== undefined) return new URL(own);
  throw elsewhere('authorization server', redact(named[0] as string));
}

/** Of RFC 8414 or OpenID Connect; the issuer in it must be the one that was asked. */
async function metadataOf(issuer: URL, fetch: Fetch): Promise<AuthorizationServer | undefined> {
  const places = [
    wellKnownBefore(issuer, 'oauth-authorization-server'),
    wellKnownBefore(issuer, 'openid-configuration'),
    ...(issuer.pathname === '/' ? [] : [wellKnownAfter(issuer, 'openid-configuration')]),
  ];
  for (const place of places) {
    const answer = await found(fetch, place);
    if (answer) return processDiscoveryResponse(await asItSays(issuer, answer), answer);
  }
  return undefined;
}

/** A slash at the end makes no other issuer, though RFC 8414 has it so: servers and people write it either way. */
async function asItSays(issuer: URL, answer: Response): Promise<URL> {
  const { issuer: said } = (await answer.clone().json()) as { issuer?: unknown };
  const same = typeof said === 'string' && URL.canParse(said) && withoutSlash(said) === withoutSlash(issuer.href);
  return same ? new URL(said) : issuer;
}

/** As the protocol of 2025-03-26 has it. */
const withoutMetadata = (issuer: URL): AuthorizationServer => ({
  issuer: issuer.href,
  token_endpoint: new URL('/token', issuer).href,
});

function checkTokenEndpoint({ token_endpoint }: AuthorizationServer, issuer: URL, discovery: Discovery): void {
  if (typeof token_endpoint !== 'string' || !URL.canParse(token_endpoint)) {
    throw new McpConnectionError('cannot be signed in to: its authorization server has no token endpoint');
  }
  const { origin, protocol } = new URL(token_endpoint);
  if (issuer.protocol === 'https:' && protocol !== 'https:') {
    throw new McpEndpointForbiddenError('has an authorization server that takes secrets over http');
  }
  if (discovery.issuer === undefined && origin !== discovery.endpoint.origin) {
    throw elsewhere('token endpoint', discovery.redact(origin));
  }
}

const MAX_QUOTED = 200;

const elsewhere = (what: string, where: string) =>
  new McpConnectionError(
    `names a${what === 'token endpoint' ? '' : 'n'} ${what} at another origin (${where.slice(0, MAX_QUOTED)}): ` +
      'if the client secret may go there, name the authorization server as "auth.issuer"',
  );

const withoutSlash = (url: string) => new URL(url).href.replace(/\/$/, '');
