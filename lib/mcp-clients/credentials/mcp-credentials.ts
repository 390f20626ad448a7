import * as z from 'zod/mini';
import { lazily } from '../../schemas.ts';
import { ValidationError } from '../../errors.ts';
import { secretsInQuery } from './endpoint-query.ts';

/** So that AWS KMS seals them in one call. */
const MAX_BYTES = 4_096;
/** The same for the query of an endpoint, which is sealed by itself. */
const MAX_QUERY_BYTES = 3_072;

/** RFC 9110: the name of a header, and a value that needs no encoding. */
const headerName = lazily(() =>
  z.string().check(z.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'is not the name of a header')),
);
const headerValue = lazily(() =>
  z.string().check(z.regex(/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/, 'must be visible ASCII')),
);

/** The transport's own: a caller who sets one breaks the protocol, or speaks for another session of the server. */
const RESERVED = new Set([
  'accept',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 6749, appendix A. */
const oauthText = lazily(() => z.string().check(z.regex(/^[\x20-\x7e]+$/, 'must be visible ASCII')));
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const oauthScope = lazily(() => z.string().check(z.regex(SCOPE, 'must be names with single spaces between')));
export const isScope = (text: string): boolean => SCOPE.test(text);
/** RFC 8707. */
const oauthResource = lazily(() =>
  z.url().check(z.refine((url) => !url.includes('#'), 'must be a URL without a fragment')),
);

const ISSUER =
  'The only authorization server that gets the client secret. Without it, that server must be at the origin of the endpoint.';
const AUTH_METHOD =
  'How the client secret is sent. Without it: as the metadata of the authorization server says, HTTP Basic if it can be.';
const AUDIENCE = 'The `audience` of the token request, which some authorization servers need.';
const RESOURCE = 'The `resource` of the token request (RFC 8707). Without it: what the MCP server’s metadata says.';

export const mcpHeadersSchema = lazily(() => z.record(headerName(), headerValue()));

/** How a client proves itself to its MCP server. */
export const mcpAuthSchema = lazily(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('bearer'), token: headerValue() }),
    z.strictObject({
      type: z.literal('oauth-client-credentials'),
      clientId: oauthText(),
      clientSecret: oauthText(),
      scope: z.optional(oauthScope()),
      issuer: z.optional(z.url({ protocol: /^https?$/ }).check(z.describe(ISSUER))),
      tokenEndpointAuthMethod: z.optional(
        z.enum(['client_secret_basic', 'client_secret_post']).check(z.describe(AUTH_METHOD)),
      ),
      audience: z.optional(oauthText().check(z.describe(AUDIENCE))),
      resource: z.optional(oauthResource().check(z.describe(RESOURCE))),
    }),
  ]),
);

export type McpAuth = z.infer<ReturnType<typeof mcpAuthSchema>>;
export type ClientCredentials = Extract<McpAuth, { type: 'oauth-client-credentials' }>;

/** The secrets of one MCP client. Every header counts as one. */
export interface McpCredentials {
  auth?: McpAuth | undefined;
  headers?: Record<string, string> | undefined;
}

/** The same with what is secret of where its server is. */
export interface McpSecrets extends McpCredentials {
  /** Of the endpoint, with its `?`. */
  query?: string | undefined;
  /** Of the command. */
  args?: readonly string[] | undefined;
}

export const hasCredentials = ({ auth, headers = {} }: McpCredentials): boolean =>
  auth !== undefined || Object.keys(headers).length > 0;

/** Throws a `ValidationError` for what the schemas cannot see. */
export function checkCredentials({ auth, headers = {} }: McpCredentials): void {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  for (const name of Object.keys(headers)) {
    if (RESERVED.has(name.toLowerCase())) throw ValidationError.at(`headers.${name}`, 'belongs to the protocol');
  }
  if (new Set(names).size < names.length) throw ValidationError.at('headers', 'name a header twice');
  if (auth !== undefined && names.includes('authorization')) {
    throw ValidationError.at('headers.authorization', 'does not go with "auth"');
  }
  if (Buffer.byteLength(JSON.stringify({ auth, headers }), 'utf8') > MAX_BYTES) {
    throw ValidationError.at('auth', `and headers have more than ${MAX_BYTES} bytes together`);
  }
}

/** Throws a `ValidationError` for a query that cannot be sealed. */
export function checkQuery(query: string): void {
  if (Buffer.byteLength(query, 'utf8') <= MAX_QUERY_BYTES) return;
  throw ValidationError.at('endpoint', `has a query of more than ${MAX_QUERY_BYTES} bytes`);
}

/** Every part that is secret. */
export function secretsIn({ auth, headers = {}, query = '', args = [] }: McpSecrets): string[] {
  const secrets = [...Object.values(headers), ...secretsInQuery(query), ...secretsInArguments(args)];
  if (auth?.type === 'bearer') secrets.push(auth.token);
  if (auth?.type === 'oauth-client-credentials') {
    const { clientId, clientSecret } = auth;
    secrets.push(clientSecret, formEncoded(clientSecret), base64(`${clientId}:${clientSecret}`), basicOf(auth));
  }
  return secrets;
}

const NAMES_A_SECRET = /key|token|secret|pass|pwd|auth|credential/i;

/** Arguments are no place for secrets, and yet have some: `--api-key=x`, `--token x`, `PASSWORD=x`. */
function secretsInArguments(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const [name = '', ...value] = arg.split('=');
    if (value.length > 0) return NAMES_A_SECRET.test(name) ? [value.join('=')] : [];
    const option = args[index - 1] ?? '';
    return option.startsWith('-') && !option.includes('=') && NAMES_A_SECRET.test(option) ? [arg] : [];
  });
}

/** RFC 6749, section 2.3.1: each part is encoded as in a form, so that a colon in it separates nothing. */
export const basicOf = ({ clientId, clientSecret }: ClientCredentials): string =>
  base64(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`);

const formEncoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
const base64 = (text: string) => Buffer.from(text).toString('base64');
