import { McpConnectionError } from './errors.ts';
import type { ManagerParts } from './manager-parts.ts';
import type { McpTarget } from './mcp/mcp-client-config.ts';
import { McpSessionGone, type McpConnection, type McpTool, type McpToolResult } from './mcp/mcp-connector.ts';
import type { SessionHandle } from './session.ts';
import type { McpClientItem } from './store/mcp-client-store.ts';

/** An MCP client as callers see it: never a secret. */
export interface McpClientInfo {
  id: string;
  name: string;
  type: 'http';
  endpoint: string;
  serverInfo: { name: string; version: string };
  protocolVersion: string;
  connectedAt: string;
}

/** An MCP client of a session by its id. Each call resumes the connection that was stored, in whichever process. */
export class McpClientHandle {
  readonly id: string;
  protected readonly parts: ManagerParts;
  private readonly session: SessionHandle;

  constructor(session: SessionHandle, parts: ManagerParts, id: string) {
    this.session = session;
    this.parts = parts;
    this.id = id;
  }

  /** The tools of all pages, as the server described them. */
  async listTools(): Promise<McpTool[]> {
    return this.session.recorded('listMcpTools', { mcpClientId: this.id }, () =>
      this.connected((connection) => connection.listTools()),
    );
  }

  /** The tool's result as the server gave it; a refusal of the server is a result with `isError`. */
  async callTool(name: string, args: Record<string, unknown> = {}): Promise<McpToolResult> {
    return this.session.recorded('callMcpTool', { mcpClientId: this.id, tool: name }, () =>
      this.connected((connection) => connection.callTool(name, args)),
    );
  }

  /** Over the stored connection; once more over a new one if the server no longer knows that. All within its time. */
  private async connected<T>(use: (connection: McpConnection) => Promise<T>): Promise<T> {
    await this.session.open();
    const item = await this.parts.mcpClients.get(this.session.id, this.id);
    const target = within(item.timeoutMs, item);
    const stored = await this.parts.mcp.resume(target(), item.connection);
    try {
      return await closing(stored, use);
    } catch (thrown) {
      if (!(thrown instanceof McpSessionGone)) throw thrown;
    }
    try {
      return await closing(await this.renewed(item, target), use);
    } catch (thrown) {
      if (thrown instanceof McpSessionGone) throw new McpConnectionError('forgets its sessions at once', thrown);
      throw thrown;
    }
  }

  /** A connection in place of one that is dead. Of several who renew it at once, the first one's is kept. */
  private async renewed(dead: McpClientItem, target: () => McpTarget): Promise<McpConnection> {
    const connection = await this.parts.mcp.connect(target());
    try {
      if (await this.parts.mcpClients.replaceConnection(this.session.id, dead, connection.state)) return connection;
    } catch (thrown) {
      await this.abandon(connection);
      throw thrown;
    }
    await this.abandon(connection);
    await this.session.open();
    const current = await this.parts.mcpClients.get(this.session.id, this.id);
    return this.parts.mcp.resume(target(), current.connection);
  }

  private async abandon(connection: McpConnection): Promise<void> {
    await farewell(this.parts, this.session.id, this.id, connection);
    await connection.close();
  }
}

/** An MCP client as it was when it was looked up. */
export class McpClient extends McpClientHandle {
  private readonly item: McpClientItem;

  constructor(session: SessionHandle, parts: ManagerParts, item: McpClientItem) {
    super(session, parts, item.clientId);
    this.item = item;
  }

  getInfo(): McpClientInfo {
    return mcpClientInfo(this.item);
  }
}

export function mcpClientInfo({
  clientId,
  name,
  type,
  endpoint,
  connection,
  connectedAt,
}: McpClientItem): McpClientInfo {
  const { serverInfo, protocolVersion } = connection;
  return { id: clientId, name, type, endpoint, serverInfo, protocolVersion, connectedAt };
}

/** Ends the session on the MCP server; one that does not answer is only written to the log. */
export async function farewell(
  parts: ManagerParts,
  sessionId: string,
  clientId: string,
  connection: McpConnection,
): Promise<void> {
  try {
    await connection.terminate();
  } catch (thrown) {
    parts.log.mcpSessionNotTerminated(sessionId, clientId, thrown);
  }
}

/** The same target with what is left of `ms`, whenever it is asked for. */
function within(ms: number, { endpoint }: McpTarget): () => McpTarget {
  const stopAt = performance.now() + ms;
  return () => ({ endpoint, timeoutMs: Math.max(1, Math.ceil(stopAt - performance.now())) });
}

async function closing<T>(connection: McpConnection, use: (connection: McpConnection) => Promise<T>): Promise<T> {
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
