import pTimeout from 'p-timeout';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { CredentialVault } from './credentials/credential-vault.ts';
import { mcpClientEffects } from './mcp-client-audit.ts';
import type { McpConnector } from './mcp-connector.ts';
import { openTarget } from './mcp-target.ts';
import type { PendingTermination, SessionTerminationStore } from './session-termination-store.ts';
import type { McpClientItem } from './mcp-client-store.ts';

/** A batch of changes must not wait long for one MCP server (ms). */
const TERMINATION_MS = 2_000;
const MAX_ATTEMPTS = 5;
/** Before the second attempt (ms); twice as long before each one after it. */
const FIRST_PAUSE_MS = 5 * 60 * 1000;

/**
 * Ends the sessions that removed clients had on their MCP servers. A pending termination of a server that does not answer is
 * stored in the table; the cleanup increments its attempts, and that change triggers `session-events` again.
 */
export class SessionTerminations {
  private readonly mcp: McpConnector;
  private readonly credentials: CredentialVault;
  private readonly store: SessionTerminationStore;
  private readonly log: LogLines;
  private readonly audit: AuditLog;
  private readonly now: () => Date;

  constructor(
    mcp: McpConnector,
    credentials: CredentialVault,
    store: SessionTerminationStore,
    { log, audit, now }: { log: LogLines; audit: AuditLog; now: () => Date },
  ) {
    this.mcp = mcp;
    this.credentials = credentials;
    this.store = store;
    this.log = log;
    this.audit = audit;
    this.now = now;
  }

  /** The first attempt. */
  async terminate(sessionId: string, client: McpClientItem): Promise<void> {
    if (client.connection.mcpSessionId === undefined) return;
    if (!(await this.attempt(sessionId, client, 1))) await this.store.keep(sessionId, client, this.pauseAfter(1));
  }

  /** One of the later attempts. */
  async retry(termination: PendingTermination): Promise<void> {
    const { sessionId, client, attempts } = termination;
    if (!isWhole(client)) return;
    if ((await this.attempt(sessionId, client, attempts)) || attempts >= MAX_ATTEMPTS)
      await this.store.forget(termination);
  }

  /** Triggers the attempts that are due, until the signal aborts. */
  async retryDue(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    for await (const terminations of this.store.due(this.now())) {
      for (const termination of terminations) {
        if (signal.aborted) return;
        await this.scheduleRetry(termination);
      }
      // Also after a page with none whose time has come.
      if (signal.aborted) return;
    }
  }

  /** A failure does not block the others. */
  private async scheduleRetry(termination: PendingTermination): Promise<void> {
    try {
      await this.store.countAttempt(termination, this.pauseAfter(termination.attempts + 1));
    } catch (thrown) {
      this.log.terminationsNotRetried(thrown);
    }
  }

  private pauseAfter(attempts: number): Date {
    return new Date(this.now().getTime() + FIRST_PAUSE_MS * 2 ** (attempts - 1));
  }

  /** Whether the server was reached, whatever it answered to a session that it may no longer know. */
  private async attempt(sessionId: string, client: McpClientItem, attempts: number): Promise<boolean> {
    const startedAt = performance.now();
    try {
      await pTimeout(this.endOnServer(sessionId, client), { milliseconds: TERMINATION_MS });
    } catch (thrown) {
      this.log.mcpSessionNotTerminated(sessionId, client.clientId, thrown);
      return false;
    }
    const details = { sessionId, mcpClientId: client.clientId, attempts };
    await this.audit.emit(mcpClientEffects['mcp-session.ended'], details, Math.round(performance.now() - startedAt));
    return true;
  }

  private async endOnServer(sessionId: string, { clientId, connection, ...sealed }: McpClientItem) {
    const opened = await openTarget(this.credentials, { sessionId, clientId }, sealed);
    const target = { ...opened, workspacePath: '', timeoutMs: TERMINATION_MS };
    const resumed = await this.mcp.resume(target, connection);
    await resumed.terminate().finally(() => resumed.close());
  }
}

/** A forged item may hold anything. */
function isWhole(client: Partial<McpClientItem> | undefined): boolean {
  return typeof client?.clientId === 'string' && typeof client.connection?.connectionId === 'string';
}
