import type { LogLines } from '../telemetry/log-lines.ts';
import type { Workspace } from '../workspaces/workspace-paths.ts';
import type { CredentialVault } from './credentials/credential-vault.ts';
import type { McpClientItem, McpConnectionState } from './mcp-client-store.ts';
import type { McpConnection, McpConnector, McpTarget } from './mcp-connector.ts';
import { openTarget } from './mcp-target.ts';

/** For the termination of a session that was replaced, which its server may have forgotten (ms). */
const TERMINATION_MS = 1_000;

/** What of a client says how to reach its server. */
type Reachable = Omit<McpClientItem, 'connection' | 'connectedAt'>;

/** Connections of sessions to the servers of their MCP clients, with credentials opened for each. */
export class McpConnections {
  private readonly connector: McpConnector;
  private readonly vault: CredentialVault;
  private readonly log: LogLines;
  private readonly workspacePathOf: (session: Workspace) => string;
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    connector: McpConnector,
    vault: CredentialVault,
    log: LogLines,
    workspacePathOf: (session: Workspace) => string,
  ) {
    this.connector = connector;
    this.vault = vault;
    this.log = log;
    this.workspacePathOf = workspacePathOf;
  }

  /** What it takes to connect to a client's server: its credentials opened, for this session and no other. */
  async targetOf(session: Workspace, { clientId, timeoutMs, ...sealed }: Reachable): Promise<McpTarget> {
    const opened = await openTarget(this.vault, { sessionId: session.id, clientId }, sealed);
    return { ...opened, timeoutMs, workspacePath: this.workspacePathOf(session) };
  }

  connect(target: McpTarget): Promise<McpConnection> {
    return this.connector.connect(target);
  }

  resume(target: McpTarget, state: McpConnectionState): Promise<McpConnection> {
    return this.connector.resume(target, state);
  }

  /** Asks a server of the era before whether it speaks the modern one by now. */
  look(target: McpTarget): Promise<McpConnectionState | undefined> {
    return this.connector.look(target);
  }

  /** Runs `step` once at a time for each name: concurrent callers share its result. */
  once<T>(name: string, step: () => Promise<T>): Promise<T> {
    const underWay = this.underWay.get(name) as Promise<T> | undefined;
    if (underWay) return underWay;
    const begun = step().finally(() => this.underWay.delete(name));
    this.underWay.set(name, begun);
    return begun;
  }

  /** Ends the session on the MCP server; one that does not answer is only written to the log. */
  async terminate(sessionId: string, clientId: string, connection: McpConnection): Promise<void> {
    try {
      await connection.terminate();
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(sessionId, clientId, thrown);
    }
  }

  /** The same for a client that is stored no more, over its stored connection. */
  async terminateRemoved(session: Workspace, client: McpClientItem): Promise<void> {
    try {
      const connection = await this.resume(await this.targetOf(session, client), client.connection);
      await connection.terminate().finally(() => connection.close());
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(session.id, client.clientId, thrown);
    }
  }

  /** The same for the session of a connection that is stored no more. */
  async terminateReplaced(
    sessionId: string,
    { clientId, connection }: McpClientItem,
    target: McpTarget,
  ): Promise<void> {
    if (connection.mcpSessionId === undefined) return;
    const timeoutMs = Math.min(target.timeoutMs, TERMINATION_MS);
    try {
      const replaced = await this.resume({ ...target, timeoutMs }, connection);
      await replaced.terminate().finally(() => replaced.close());
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(sessionId, clientId, thrown);
    }
  }
}
