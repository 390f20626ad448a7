import { noMcpConnector } from '../mcp-clients/no-mcp.ts';
import { noSecrets } from '../mcp-clients/credentials/no-secrets.ts';
import type { McpServices } from './api-functions.ts';

/** For functions that have nothing to do with MCP servers, so that they load none of what does. */
export const noMcp = (): McpServices => ({ connector: noMcpConnector, secrets: noSecrets });
