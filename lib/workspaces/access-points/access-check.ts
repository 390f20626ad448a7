import pMap from 'p-map';
import { toSessionManagerError } from '../../errors.ts';
import { accessAudit, accessEffects } from './access-audit.ts';
import { availableOf } from './workspace-access.ts';
import type { AccessPoint, AccessPoints } from './access-points.ts';
import type { SessionItem } from '../../table/session-item.ts';
import type { AuditLog } from '../../telemetry/audit/audit-log.ts';
import type { LogLines } from '../../telemetry/log-lines.ts';

export interface AccessCheckResult {
  /** Ids of access points. */
  removed: string[];
  failed: string[];
  /** It stopped before it had seen everything. */
  more: boolean;
}

const AT_ONCE = 4;
/** Longer than any grant that may still remove by itself what it made. */
const FRESH_MS = 15 * 60 * 1000;

interface AccessCheckUses {
  readonly accessPoints: AccessPoints | undefined;
  readonly store: { getAll(sessionIds: string[]): Promise<SessionItem[]> };
  readonly audit: AuditLog;
  readonly log: LogLines;
  readonly now: () => Date;
}

/**
 * Compares the access points of the file system with the sessions in the table and removes those that no session knows
 * by their token: of sessions that ended, and of grants and revokes that crashed. A session has the token before the
 * access point is made, and it is read here after that was listed: what has none will never be wanted again.
 */
export class AccessCheck {
  private readonly uses: AccessCheckUses;

  constructor(uses: AccessCheckUses) {
    this.uses = uses;
  }

  async run(signal: AbortSignal, requestId?: string): Promise<AccessCheckResult> {
    const { audit } = this.uses;
    const origin = requestId === undefined ? {} : { requestId };
    const work = async () => {
      const result = await this.removeLeftOver(signal);
      audit.note({ cleaned: result.removed.length, notCleaned: result.failed.length });
      return result;
    };
    return audit.record(accessAudit.checkWorkspaceAccess, { kind: 'schedule' }, {}, work, origin);
  }

  private async removeLeftOver(signal: AbortSignal): Promise<AccessCheckResult> {
    const result: AccessCheckResult = { removed: [], failed: [], more: false };
    try {
      for await (const page of availableOf(this.uses.accessPoints).pages(signal)) {
        await pMap(await this.leftOver(page), (point) => this.remove(point, result, signal), { concurrency: AT_ONCE });
        if (signal.aborted) break;
      }
    } catch (thrown) {
      // The time is up, and what there was time for is done: the next run sees the rest.
      if (!signal.aborted) throw toSessionManagerError(thrown);
    }
    result.more = signal.aborted;
    return result;
  }

  private async leftOver(points: AccessPoint[]): Promise<AccessPoint[]> {
    const old = points.filter(({ madeAt }) => this.uses.now().getTime() - madeAt.getTime() > FRESH_MS);
    const sessions = await this.uses.store.getAll([...new Set(old.map(({ sessionId }) => sessionId))]);
    const byId = new Map<string, SessionItem>(sessions.map((session) => [session.id, session]));
    return old.filter(
      ({ sessionId, clientToken }) => byId.get(sessionId)?.workspaceAccess?.clientToken !== clientToken,
    );
  }

  private async remove(
    { sessionId, accessPointId }: AccessPoint,
    result: AccessCheckResult,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const startedAt = performance.now();
    try {
      await this.uses.accessPoints?.remove(accessPointId, signal);
      result.removed.push(accessPointId);
      const durationMs = Math.round(performance.now() - startedAt);
      await this.uses.audit.emit(accessEffects['access-point.removed'], { sessionId, accessPointId }, durationMs);
    } catch (thrown) {
      result.failed.push(accessPointId);
      this.uses.log.accessPointNotRemoved(sessionId, accessPointId, thrown);
    }
  }
}
