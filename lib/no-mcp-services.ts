import { noMcpConnector } from './mcp/no-mcp.ts';
import { noSecrets } from './secrets/no-secrets.ts';
import type { McpServices } from './services.ts';

/** For functions that have nothing to do with MCP servers, so that they load none of what does. */
export const noMcp = (): McpServices => ({ connector: noMcpConnector, secrets: noSecrets });
