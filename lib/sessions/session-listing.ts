import { checkOrgId, checkSpeaksFor, checkUserId, isOf, type Caller, type Identity } from '../identity.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { readFields } from '../telemetry/audit/callers-input.ts';
import { sessionAudit } from './session-audit.ts';
import type { Page, SessionIdPage, SessionListStore } from './session-list-store.ts';
import { parsePage } from './session-options.ts';
import type { SessionStore } from './session-store.ts';
import type { Session } from './session.ts';

export interface SessionPage {
  sessions: Session[];
  /** Opaque; there may be more sessions behind it. */
  nextCursor?: string;
}

interface SessionListingUses {
  readonly lists: SessionListStore;
  readonly store: SessionStore;
  readonly audit: AuditLog;
}

/** Active sessions, page by page, as far as the caller may see them. */
export class SessionListing {
  private readonly uses: SessionListingUses;
  private readonly caller: Caller;
  private readonly sessionOf: (item: SessionItem) => Session;

  constructor(uses: SessionListingUses, caller: Caller, sessionOf: (item: SessionItem) => Session) {
    this.uses = uses;
    this.caller = caller;
    this.sessionOf = sessionOf;
  }

  async ofUser(userId: string, options: { orgId?: string } & Partial<Page>): Promise<SessionPage> {
    return this.uses.audit.record(sessionAudit.listSessions, this.caller, {}, async () => {
      const { orgId, ...page } = readFields(options);
      const named = { userId: checkUserId(userId), orgId: orgId === undefined ? undefined : checkOrgId(orgId) };
      this.uses.audit.note(named);
      checkSpeaksFor(this.caller, named);
      return this.sessionsOf(await this.uses.lists.ofUser(userId, orgId, parsePage(page)), named);
    });
  }

  async ofOrg(orgId: string, page: Partial<Page>): Promise<SessionPage> {
    return this.uses.audit.record(sessionAudit.listSessions, this.caller, {}, async () => {
      const named = { orgId: checkOrgId(orgId) };
      this.uses.audit.note(named);
      checkSpeaksFor(this.caller, named);
      return this.sessionsOf(await this.uses.lists.ofOrg(orgId, parsePage(page)), named);
    });
  }

  /** Only sessions of `named`: whoever can write the table chooses which sessions a list names. */
  private async sessionsOf({ sessionIds, nextCursor }: SessionIdPage, named: Partial<Identity>): Promise<SessionPage> {
    const items = (await this.uses.store.getAll(sessionIds)).filter((item) => isOf(item, named));
    const byId = new Map(items.map((item) => [item.id, item]));
    // An index may have a session twice for a moment.
    const sessions = [...new Set(sessionIds)].flatMap((id) => {
      const item = byId.get(id);
      return isActive(item) ? [this.sessionOf(item)] : [];
    });
    return { sessions, ...(nextCursor !== undefined && { nextCursor }) };
  }
}
