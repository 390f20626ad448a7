import type { McpConnectionState } from '../store/mcp-client-store.ts';
import type { McpTarget } from './mcp-client-config.ts';

/** A tool as its server described it. */
export type McpTool = { name: string } & Record<string, unknown>;

/** An MCP `CallToolResult`, unchanged. */
export type McpToolResult = Record<string, unknown>;

/** A connection that is open in this process, until `close`; what `state` holds resumes it in another. */
export interface McpConnection {
  readonly state: McpConnectionState;
  listTools(): Promise<McpTool[]>;
  callTool(name: string, args: Record<string, unknown>): Promise<McpToolResult>;
  /** Ends the session on the server; the client is of no use afterwards. */
  terminate(): Promise<void>;
  /** Lets go of the connection; the session on the server stays. */
  close(): Promise<void>;
}

/** Opens connections to MCP servers. Throws `McpConnectionError`; nothing takes longer than the target's time. */
export interface McpConnector {
  /** Initializes a new session on the server. */
  connect(target: McpTarget): Promise<McpConnection>;
  /** Takes up the session that `state` describes, without asking the server. */
  resume(target: McpTarget, state: McpConnectionState): Promise<McpConnection>;
}

/** The server no longer knows the session: it must be initialized anew. */
export class McpSessionGone extends Error {
  override readonly name = 'McpSessionGone';
}
