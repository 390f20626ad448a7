import type { LogLines } from './audit/log-lines.ts';
import type { CredentialVault } from './mcp/credential-vault.ts';
import type { McpConnector } from './mcp/mcp-connector.ts';
import type { McpClientRemoved } from './store/stream-change.ts';

/** A batch of changes must not wait long for one MCP server (ms). */
const FAREWELL_MS = 2_000;

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
export class SessionEvents {
  private readonly mcp: McpConnector;
  private readonly credentials: CredentialVault;
  private readonly log: LogLines;

  constructor(mcp: McpConnector, credentials: CredentialVault, log: LogLines) {
    this.mcp = mcp;
    this.credentials = credentials;
    this.log = log;
  }

  /** Ends the session on the MCP server that a removed client had there. One that does not answer is only logged. */
  async handle({ sessionId, client }: McpClientRemoved): Promise<void> {
    if (client.connection.mcpSessionId === undefined) return;
    try {
      const owner = { sessionId, clientId: client.clientId };
      const target = {
        address: client.address,
        credentials: await this.credentials.open(client.credentials, owner),
        credentialsId: client.credentials?.id ?? '',
        workspacePath: '',
        timeoutMs: Math.min(client.timeoutMs, FAREWELL_MS),
      };
      const connection = await this.mcp.resume(target, client.connection);
      await connection.terminate().finally(() => connection.close());
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(sessionId, client.clientId, thrown);
    }
  }
}
