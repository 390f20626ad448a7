import { mcpUnavailable } from '../mcp-clients/no-mcp.ts';
import { secretsUnavailable } from '../mcp-clients/credentials/no-secrets.ts';
import type { McpServices } from './materials.ts';

/** For functions that have nothing to do with MCP servers, so that they load none of what does. */
export const withoutMcp = (): McpServices => ({
  connector: mcpUnavailable,
  secrets: secretsUnavailable,
  close: async () => undefined,
});
