import type { McpConnectionError } from '../errors.ts';
import type { McpConnectionState, McpServerAddress } from './mcp-client-store.ts';
import type { McpSecrets } from './credentials/mcp-credentials.ts';

/** A tool as its server described it. */
export type McpTool = { name: string } & Record<string, unknown>;

/** An MCP `CallToolResult`, unchanged. */
export type McpToolResult = Record<string, unknown>;

/** What is connected to. Times in ms. */
export interface McpTarget {
  /** With the query of its endpoint. */
  address: McpServerAddress;
  credentials: McpSecrets;
  /** Changes whenever the credentials do, and is the same for no two clients: what is kept of them is kept under it. */
  credentialsId: string;
  /** Where a command is started. */
  workspacePath: string;
  timeoutMs: number;
}

/** What a caller may say of one call. */
export interface McpCallOptions {
  /** Cancels the call, on the server too. */
  signal?: AbortSignal | undefined;
}

/** A connection that is open in this process, until `close`; what `state` holds resumes it in another. */
export interface McpConnection {
  readonly state: McpConnectionState;
  /** After a request that failed in a way that leaves open whether the server still knows the session. */
  readonly isSuspect: boolean;
  /** Asks the server something harmless, in a part of the time that is left. */
  isAlive(): Promise<boolean>;
  listTools(options?: McpCallOptions): Promise<McpTool[]>;
  callTool(name: string, args: Record<string, unknown>, options?: McpCallOptions): Promise<McpToolResult>;
  /** Ends the session on the server; the client is of no use afterwards. */
  terminate(): Promise<void>;
  /** Lets go of the connection; the session on the server stays. */
  close(): Promise<void>;
}

/** Opens connections to MCP servers. Throws `McpConnectionError` and `McpEndpointForbiddenError`; nothing takes longer than the target's time. */
export interface McpConnector {
  /** Initializes a new session on the server. */
  connect(target: McpTarget): Promise<McpConnection>;
  /** Resumes the session of `state` without a request to the server; a session that cannot be resumed is initialized again. */
  resume(target: McpTarget, state: McpConnectionState): Promise<McpConnection>;
}

/** The server does not know the session and has not executed the request, which can be sent again on a new session. */
export class McpSessionGone extends Error {
  override readonly name = 'McpSessionGone';
  override readonly cause: McpConnectionError;

  /** `cause`: what the server answered. */
  constructor(cause: McpConnectionError) {
    super();
    this.cause = cause;
  }
}
