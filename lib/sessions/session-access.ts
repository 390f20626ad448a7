import { validate as isUuid } from 'uuid';
import { McpClientNotFoundError, SessionNotFoundError } from '../errors.ts';
import { keepsAlive, maySee, type Caller } from '../identity.ts';
import type { AuditedOperation } from '../telemetry/audit/audit-catalogue.ts';
import { auditSession } from '../telemetry/audit/audit-details.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { SessionStore } from './session-store.ts';

interface SessionAccessUses {
  readonly store: SessionStore;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/**
 * One caller's way to one session: what checks the caller and tells the audit trail. Handles, files and MCP clients keep it
 * in `#private` fields, and nothing public gives it away: whoever had it could pass another session's item for this one's.
 */
export class SessionAccess {
  readonly id: string;
  private readonly parts: SessionAccessUses;
  private readonly caller: Caller;

  constructor(parts: SessionAccessUses, caller: Caller, id: string) {
    this.parts = parts;
    this.caller = caller;
    this.id = id;
  }

  /** Looks the session up, checks the caller, and counts as activity if it is the owner. */
  async open(): Promise<SessionItem> {
    const session = isUuid(this.id) ? await this.parts.store.get(this.id) : undefined;
    if (session?.status !== 'active' || !maySee(this.caller, session)) throw new SessionNotFoundError();
    this.parts.audit.note({ userId: session.userId, orgId: session.orgId });
    return keepsAlive(this.caller, session) ? this.parts.store.touch(session, this.parts.now()) : session;
  }

  async recorded<T>(operation: AuditedOperation, details: AuditDetails, work: () => Promise<T>): Promise<T> {
    return this.parts.audit.record(operation, this.caller, { ...auditSession(this.id), ...details }, work);
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
    if ((await this.parts.store.get(this.id))?.status !== 'active') throw new SessionNotFoundError();
  }
}
