import { validate as isUuid } from 'uuid';
import { ForbiddenError, McpClientNotFoundError, SessionNotFoundError } from '../errors.ts';
import { actsForOwner, checkAgentMay, keepsAlive, maySee, type AgentNeeds, type Caller } from '../identity.ts';
import { auditSession } from '../telemetry/audit/audit-details.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';
import type { SessionStore } from './session-store.ts';

interface SessionAccessUses {
  readonly store: SessionStore;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/**
 * One caller's way to one session: checks the caller, and writes calls to the audit log. Handles, files and MCP clients keep it
 * in `#private` fields, and nothing public returns it: a caller that had it could pass the item of another session.
 */
export class SessionAccess {
  readonly id: string;
  private readonly uses: SessionAccessUses;
  private readonly caller: Caller;

  constructor(uses: SessionAccessUses, caller: Caller, id: string) {
    this.uses = uses;
    this.caller = caller;
    this.id = id;
  }

  /**
   * Looks the session up, checks the caller, and counts as activity if it is the owner or the agent. An agent is refused unless
   * the operation says what it needs of one.
   */
  async open(agentNeeds?: AgentNeeds): Promise<SessionItem> {
    const session = await this.visible();
    checkAgentMay(this.caller, agentNeeds);
    return this.touched(session);
  }

  /** The same for the owner alone, and for the application. */
  async openForOwner(): Promise<SessionItem> {
    const session = await this.visible();
    if (!actsForOwner(this.caller, session)) throw new ForbiddenError('Only the owner of the session may do that.');
    return this.touched(session);
  }

  private async visible(): Promise<SessionItem> {
    const session = isUuid(this.id) ? await this.uses.store.get(this.id) : undefined;
    if (!isActive(session) || !maySee(this.caller, session)) throw new SessionNotFoundError();
    this.uses.audit.note({ userId: session.userId, orgId: session.orgId });
    return session;
  }

  private async touched(session: SessionItem): Promise<SessionItem> {
    return keepsAlive(this.caller, session) ? this.uses.store.touch(session, this.uses.now()) : session;
  }

  async recorded<T>(row: AuditRow, details: AuditDetails, work: () => Promise<T>): Promise<T> {
    return this.uses.audit.record(row, this.caller, { ...auditSession(this.id), ...details }, work);
  }

  /** A step on a client of the session, which may have ended since it was opened. */
  async orEnded<T>(step: Promise<T>): Promise<T> {
    return step.catch(async (thrown: unknown) => {
      if (thrown instanceof McpClientNotFoundError) await this.checkStillThere();
      throw thrown;
    });
  }

  /** What hangs on a session goes with it: where something is missing, the session may have ended since it was opened. */
  async checkStillThere(): Promise<void> {
    if (!isActive(await this.uses.store.get(this.id))) throw new SessionNotFoundError();
  }
}
