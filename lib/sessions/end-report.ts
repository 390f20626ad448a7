import type { AuditDetails } from '../telemetry/audit/audit-fields.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { ROLLED_BACK, type EndReason } from '../telemetry/events/session-event.ts';
import { sessionEffects } from './session-audit.ts';
import type { SessionItem } from '../table/session-item.ts';

export type EndDetails = Pick<AuditDetails, 'reason' | 'resumedReason'>;

/** Why a session ends that was like this when it was found. */
export const endDetails = ({ status, endReason }: SessionItem, reason: EndReason): EndDetails =>
  status === 'ending' ? { reason: 'resumed', resumedReason: endReason } : { reason };

/** Its create has begun the end, unless another caller was first. */
export const rolledBack = ({ endReason }: SessionItem): EndDetails =>
  endReason === ROLLED_BACK ? { reason: endReason } : { reason: 'resumed', resumedReason: endReason };

/** An end that no caller requested by the session's id has an event in addition to that of the operation. */
export async function reportEnd(audit: AuditLog, session: SessionItem, reason: EndDetails, durationMs: number) {
  const { id: sessionId, userId, orgId } = session;
  await audit.emit(sessionEffects['session.ended'], { sessionId, userId, orgId, ...reason }, durationMs);
}
