import * as z from 'zod/mini';
import { idSchema, lazily } from '../schemas.ts';
import { ValidationError } from '../errors.ts';
import type { McpServerAddress } from './mcp-client-store.ts';
import { splitEndpoint } from './credentials/endpoint-query.ts';
import {
  checkCredentials,
  checkQuery,
  hasCredentials,
  mcpAuthSchema,
  mcpHeadersSchema,
  type McpCredentials,
} from './credentials/mcp-credentials.ts';

/** Shorter than an API function's 29 s, so that the answer says what was slow. */
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 25_000;
/**
 * Of all arguments: by far the most that a client has, which is one item of the table, 400 KB. Its command has 12 KB at
 * most, its endpoint 19 KB, its credentials and its query 6 KB each, and what its server says of itself 32 KB.
 */
const MAX_ARGS_BYTES = 256 * 1024;

const argsFit = (args: string[]) =>
  args.reduce((bytes, arg) => bytes + Buffer.byteLength(arg, 'utf8'), 0) <= MAX_ARGS_BYTES;

/** What replaces a client's credentials; what is left out is gone. */
export const mcpCredentialsShape = () => ({
  auth: z.optional(mcpAuthSchema()),
  headers: z.optional(mcpHeadersSchema()),
});
export const mcpCredentialsSchema = lazily(() => z.strictObject(mcpCredentialsShape()));

/** An MCP client as callers configure it; times in ms. */
export const mcpClientConfigSchema = lazily(() =>
  z.strictObject({
    id: idSchema(),
    name: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
    type: z.enum(['http', 'sse', 'stdio']),
    endpoint: z.optional(z.string().check(z.maxLength(2048))),
    command: z.optional(z.string().check(z.minLength(1), z.maxLength(4096))),
    args: z.optional(
      z
        .array(z.string().check(z.maxLength(4096)))
        .check(z.maxLength(64), z.refine(argsFit, `must have at most ${MAX_ARGS_BYTES} bytes together`)),
    ),
    ...mcpCredentialsShape(),
    config: z.optional(
      z.strictObject({ timeoutMs: z.optional(z.int().check(z.minimum(100), z.maximum(MAX_TIMEOUT_MS))) }),
    ),
  }),
);

export type McpClientConfig = z.infer<ReturnType<typeof mcpClientConfigSchema>>;

/** A configuration whose fields fit together. */
export interface McpClientPlan {
  address: McpServerAddress;
  /** The query of the endpoint. */
  query: string;
  credentials: McpCredentials;
  timeoutMs: number;
}

export function planOf(config: McpClientConfig): McpClientPlan {
  const { auth, headers } = config;
  const credentials = { auth, headers };
  const { address, query } = config.type === 'stdio' ? { address: commandOf(config), query: '' } : endpointOf(config);
  checkCredentialsFor(address, credentials);
  checkQuery(query);
  return { address, query, credentials, timeoutMs: config.config?.timeoutMs ?? DEFAULT_TIMEOUT_MS };
}

/** Throws a `ValidationError`: a command has no use for credentials, which travel in headers. */
export function checkCredentialsFor({ type }: McpServerAddress, credentials: McpCredentials): void {
  if (type === 'stdio' && hasCredentials(credentials)) refuse('auth', type);
  checkCredentials(credentials);
}

function commandOf({ command, args = [], endpoint }: McpClientConfig): McpServerAddress {
  if (endpoint !== undefined) refuse('endpoint', 'stdio');
  if (command === undefined) throw ValidationError.at('command', 'is needed for type "stdio"');
  if ([command, ...args].some((text) => text.includes('\0'))) {
    throw ValidationError.at('command', 'and "args" must not contain NUL');
  }
  return { type: 'stdio', command, args };
}

function endpointOf({ type, endpoint, command, args }: McpClientConfig): Pick<McpClientPlan, 'address' | 'query'> {
  if (command !== undefined) refuse('command', type);
  if (args !== undefined) refuse('args', type);
  if (endpoint === undefined) throw ValidationError.at('endpoint', `is needed for type "${type}"`);
  if (!URL.canParse(endpoint)) throw ValidationError.at('endpoint', 'must be a URL');
  const split = splitEndpoint(new URL(endpoint).href);
  return { address: { type: type as 'http' | 'sse', endpoint: split.endpoint }, query: split.query };
}

function refuse(field: string, type: string): never {
  throw ValidationError.at(field, `does not go with type "${type}"`);
}
