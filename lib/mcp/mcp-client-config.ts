import * as z from 'zod';
import { ValidationError } from '../errors.ts';
import type { McpServerAddress } from '../store/mcp-client-store.ts';
import {
  checkCredentials,
  hasCredentials,
  mcpAuthSchema,
  mcpHeadersSchema,
  type McpCredentials,
} from './mcp-credentials.ts';

/** Shorter than an API function's 29 s, so that the answer says what was slow. */
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 25_000;

export const clientIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -');

/** What replaces a client's credentials; what is left out is gone. */
export const mcpCredentialsShape = { auth: mcpAuthSchema.optional(), headers: mcpHeadersSchema.optional() };
export const mcpCredentialsSchema = z.strictObject(mcpCredentialsShape);

/** An MCP client as callers configure it; times in ms. */
export const mcpClientConfigSchema = z.strictObject({
  id: clientIdSchema,
  name: z.string().min(1).max(256).optional(),
  type: z.enum(['http', 'sse', 'stdio']),
  endpoint: z.string().max(2048).optional(),
  command: z.string().min(1).max(4096).optional(),
  args: z.array(z.string().max(4096)).max(64).optional(),
  ...mcpCredentialsShape,
  config: z.strictObject({ timeoutMs: z.int().min(100).max(MAX_TIMEOUT_MS).optional() }).optional(),
});

export type McpClientConfig = z.infer<typeof mcpClientConfigSchema>;

/** A configuration whose fields fit together. */
export interface McpClientPlan {
  address: McpServerAddress;
  credentials: McpCredentials;
  timeoutMs: number;
}

export function planOf(config: McpClientConfig): McpClientPlan {
  const { auth, headers } = config;
  const credentials = { auth, headers };
  const address = config.type === 'stdio' ? commandOf(config) : endpointOf(config);
  checkCredentialsFor(address, credentials);
  return { address, credentials, timeoutMs: config.config?.timeoutMs ?? DEFAULT_TIMEOUT_MS };
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

function endpointOf({ type, endpoint, command, args }: McpClientConfig): McpServerAddress {
  if (command !== undefined) refuse('command', type);
  if (args !== undefined) refuse('args', type);
  if (endpoint === undefined) throw ValidationError.at('endpoint', `is needed for type "${type}"`);
  if (!URL.canParse(endpoint)) throw ValidationError.at('endpoint', 'must be a URL');
  return { type: type as 'http' | 'sse', endpoint: new URL(endpoint).href };
}

function refuse(field: string, type: string): never {
  throw ValidationError.at(field, `does not go with type "${type}"`);
}
