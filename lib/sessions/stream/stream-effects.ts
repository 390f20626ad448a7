import type { AuditLog } from '../../telemetry/audit/audit-log.ts';
import type { EventSink, Undelivered } from '../../telemetry/events/event-sink.ts';
import { parseSessionEvent, type SessionEvent } from '../../telemetry/events/session-event.ts';
import type { SessionTerminations } from '../../mcp-clients/session-terminations.ts';
import { sessionEventOf } from './session-event-of-record.ts';
import { accessEffects } from '../../workspaces/access-points/access-audit.ts';
import { changeIn, type WorkspaceAccessEnded } from './stream-change.ts';
import { availableOf, removeAccess } from '../../workspaces/access-points/workspace-access.ts';
import type { AccessPoints } from '../../workspaces/access-points/access-points.ts';
import type { StreamRecord } from '../../table/stream-record.ts';

/** Time limits for EFS in a batch (ms): for an access point with a known id, and for one that must be searched. */
const REMOVE_MS = 4_000;
const SEARCH_MS = 20_000;
/** Time limit for sending all events of a batch (ms). */
const ANNOUNCE_MS = 20_000;

/** Side effects of a change of the table: they happen even if the process that made the change crashes right after it. */
export class StreamEffects {
  private readonly terminations: SessionTerminations;
  private readonly audit: AuditLog;
  private readonly accessPoints: AccessPoints | undefined;
  private readonly sink: EventSink | undefined;

  constructor(terminations: SessionTerminations, audit: AuditLog, accessPoints?: AccessPoints, sink?: EventSink) {
    this.terminations = terminations;
    this.audit = audit;
    this.accessPoints = accessPoints;
    this.sink = sink;
  }

  /** Runs the side effect of the change, if it has one. */
  async handle(record: StreamRecord): Promise<void> {
    const change = changeIn(record);
    switch (change?.type) {
      case 'mcp-client-removed':
        return this.terminations.terminate(change.sessionId, change.client);
      case 'termination-due':
        return this.terminations.retry(change.termination);
      case 'workspace-access-ended':
        return this.removeAccessPoint(change);
      case undefined:
    }
  }

  /** The event of the change, if it has one. Throws if the table contains something that is no event. */
  eventOf(record: StreamRecord): SessionEvent | undefined {
    const news = this.sink && sessionEventOf(record);
    return news && parseSessionEvent(news);
  }

  /** Returns the events that could not be delivered. */
  async announce(events: readonly SessionEvent[]): Promise<Undelivered[]> {
    if (!this.sink || events.length === 0) return [];
    return this.sink.deliver(events, AbortSignal.timeout(ANNOUNCE_MS));
  }

  /** Prevents mounts of a directory that is being removed. Throws if EFS does not answer: then the record comes again. */
  private async removeAccessPoint(ended: WorkspaceAccessEnded): Promise<void> {
    const signal = AbortSignal.timeout(ended.accessPointId === undefined ? SEARCH_MS : REMOVE_MS);
    const startedAt = performance.now();
    const accessPointId = await removeAccess(availableOf(this.accessPoints), ended, signal);
    if (accessPointId === undefined) return;
    const details = { sessionId: ended.sessionId, accessPointId };
    await this.audit.emit(accessEffects['access-point.removed'], details, Math.round(performance.now() - startedAt));
  }
}
