import { z } from 'zod';
import { McpEndpointForbiddenError, NotAvailableError, ValidationError } from '../errors.ts';

/** Shorter than an API function's 29 s, so that the answer says what was slow. */
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 25_000;

export const clientIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -');

/** An MCP client as callers configure it; times in ms. */
export const mcpClientConfigSchema = z.strictObject({
  id: clientIdSchema,
  name: z.string().min(1).max(256).optional(),
  type: z.enum(['http', 'sse', 'stdio']),
  endpoint: z.string().max(2048).optional(),
  command: z.string().max(4096).optional(),
  args: z.array(z.string().max(4096)).max(64).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  auth: z.record(z.string(), z.json()).optional(),
  config: z.strictObject({ timeoutMs: z.int().min(100).max(MAX_TIMEOUT_MS).optional() }).optional(),
});

export type McpClientConfig = z.infer<typeof mcpClientConfigSchema>;

/** What is connected to: the parts of a config that this deployment can do. */
export interface McpTarget {
  endpoint: string;
  timeoutMs: number;
}

export function targetOf(config: McpClientConfig): McpTarget {
  if (config.auth !== undefined) throw new NotAvailableError('"auth" of MCP clients');
  if (config.headers !== undefined) throw new NotAvailableError('"headers" of MCP clients');
  if (config.type !== 'http') throw new NotAvailableError(`MCP type "${config.type}"`);
  if (config.command !== undefined) throw ValidationError.at('command', 'does not go with type "http"');
  if (config.args !== undefined) throw ValidationError.at('args', 'does not go with type "http"');
  return { endpoint: checkEndpoint(config.endpoint), timeoutMs: config.config?.timeoutMs ?? DEFAULT_TIMEOUT_MS };
}

function checkEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined) throw ValidationError.at('endpoint', 'is needed for type "http"');
  if (!URL.canParse(endpoint)) throw ValidationError.at('endpoint', 'must be a URL');
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new McpEndpointForbiddenError('is not http(s)');
  if (url.username !== '' || url.password !== '') throw new McpEndpointForbiddenError('carries credentials');
  return url.href;
}
