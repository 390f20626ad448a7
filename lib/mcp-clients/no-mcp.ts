import { NotAvailableError } from '../errors.ts';
import type { McpConnector } from './mcp-connector.ts';

const refuse = async () => {
  throw new NotAvailableError('Connecting to MCP servers from this function');
};

/** For functions that never connect to an MCP server, so that they need not load what does. */
export const mcpUnavailable: McpConnector = { connect: refuse, look: refuse, resume: refuse };
