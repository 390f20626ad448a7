import { ForbiddenError, ValidationError } from '../errors.ts';
import {
  checkOrgId,
  checkSpeaksFor,
  checkUserId,
  isUnrestricted,
  type Caller,
  type Identity,
  type ScopeOwner,
} from '../identity.ts';
import { EVERYBODY, limitOwnersOf, type UsageReport } from '../limits/limit.ts';
import { readFields } from '../telemetry/audit/callers-input.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { sessionAudit } from './session-audit.ts';
import type { SeatStore } from '../limits/seat-store.ts';
import type { SessionListStore } from './session-list-store.ts';

interface SessionCountsUses {
  readonly lists: SessionListStore;
  readonly seats: SeatStore;
  readonly audit: AuditLog;
}

/** A user of an organisation, an organisation, or neither. */
export type UsageOf = { orgId: string; userId?: string | undefined } | { orgId?: undefined; userId?: undefined };

/** How many sessions there are, as far as the caller may know. */
export class SessionCounts {
  private readonly uses: SessionCountsUses;
  private readonly caller: Caller;

  constructor(uses: SessionCountsUses, caller: Caller) {
    this.uses = uses;
    this.caller = caller;
  }

  async ofUser(userId: string, orgId?: string): Promise<number> {
    return this.uses.audit.record(sessionAudit.countUserSessions, this.caller, {}, async () => {
      const named = { userId: checkUserId(userId), orgId: orgId === undefined ? undefined : checkOrgId(orgId) };
      this.uses.audit.note(named);
      checkSpeaksFor(this.caller, named);
      if (named.orgId === undefined) return this.uses.lists.countOfUser(userId);
      return this.seats({ scope: 'user', userId, orgId: named.orgId });
    });
  }

  async all(): Promise<number> {
    return this.uses.audit.record(sessionAudit.countAllSessions, this.caller, {}, async () => {
      if (!isUnrestricted(this.caller)) {
        throw new ForbiddenError('Only an operator may know about all organisations.');
      }
      return this.seats(EVERYBODY);
    });
  }

  async usage(named: UsageOf): Promise<UsageReport> {
    return this.uses.audit.record(sessionAudit.getUsage, this.caller, {}, async () => {
      const { userId: namedUser, orgId: namedOrg }: Partial<Identity> = readFields(named);
      const owner = { userId: namedUser, orgId: namedOrg };
      if (owner.userId !== undefined) checkUserId(owner.userId);
      if (owner.orgId !== undefined) checkOrgId(owner.orgId);
      this.uses.audit.note(owner);
      checkSpeaksFor(this.caller, owner);
      if (owner.userId !== undefined && owner.orgId === undefined) {
        throw ValidationError.at('orgId', 'is needed with userId: a limit of a user holds in one organisation');
      }
      const { userId = '', orgId = '' } = owner;
      const [user, org, all] = await this.uses.seats.usage(limitOwnersOf({ userId, orgId }));
      const report: UsageReport = {};
      if (user && userId && orgId) report.user = user;
      if (org && orgId) report.org = org;
      if (all && isUnrestricted(this.caller)) report.all = all;
      return report;
    });
  }

  private async seats(of: ScopeOwner): Promise<number> {
    const [usage] = await this.uses.seats.usage([of]);
    return usage?.active ?? 0;
  }
}
