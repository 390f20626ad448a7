import type { LogLines } from './audit/log-lines.ts';
import type { McpConnector } from './mcp/mcp-connector.ts';
import type { Change, McpClientRemoved, WorkspaceAccessEnded } from './store/stream-change.ts';
import { availableOf, removeAccess } from './workspace-access.ts';
import type { AccessPoints } from './workspace/access-points.ts';

/** A batch of changes must not wait long for one MCP server (ms). */
const FAREWELL_MS = 2_000;
/** Nor for EFS: an access point that is known by its id, and one that must be looked for among all. */
const REMOVE_MS = 4_000;
const SEARCH_MS = 20_000;

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
export class SessionEvents {
  private readonly mcp: McpConnector;
  private readonly log: LogLines;
  private readonly accessPoints: AccessPoints | undefined;

  constructor(mcp: McpConnector, log: LogLines, accessPoints?: AccessPoints) {
    this.mcp = mcp;
    this.log = log;
    this.accessPoints = accessPoints;
  }

  async handle(change: Change): Promise<void> {
    return change.type === 'workspace-access-ended' ? this.removeAccessPoint(change) : this.endMcpSession(change);
  }

  /** Ends the session on the MCP server that a removed client had there. One that does not answer is only logged. */
  private async endMcpSession({ sessionId, client }: McpClientRemoved): Promise<void> {
    if (client.connection.mcpSessionId === undefined) return;
    try {
      const target = { endpoint: client.endpoint, timeoutMs: Math.min(client.timeoutMs, FAREWELL_MS) };
      const connection = await this.mcp.resume(target, client.connection);
      await connection.terminate().finally(() => connection.close());
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(sessionId, client.clientId, thrown);
    }
  }

  /** So that nobody mounts the directory that is being removed. Throws if EFS does not answer: then it is tried again. */
  private async removeAccessPoint(ended: WorkspaceAccessEnded): Promise<void> {
    const signal = AbortSignal.timeout(ended.accessPointId === undefined ? SEARCH_MS : REMOVE_MS);
    await removeAccess(availableOf(this.accessPoints), ended, signal);
  }
}
