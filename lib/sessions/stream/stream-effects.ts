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

/** A batch must not wait long for EFS: for an access point that is known by its id, and one that must be looked for. */
const REMOVE_MS = 4_000;
const SEARCH_MS = 20_000;
/** Nor for all of its events together. */
const ANNOUNCE_MS = 20_000;

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
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

  /** Does what is left to do after the change, if something is. */
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

  /** What others are told of the change, if they are. Throws if the table says something that is no event. */
  eventOf(record: StreamRecord): SessionEvent | undefined {
    const news = this.sink && sessionEventOf(record);
    return news && parseSessionEvent(news);
  }

  /** Gives those that could not be delivered. */
  async announce(events: readonly SessionEvent[]): Promise<Undelivered[]> {
    if (!this.sink || events.length === 0) return [];
    return this.sink.deliver(events, AbortSignal.timeout(ANNOUNCE_MS));
  }

  /** So that nobody mounts the directory that is being removed. Throws if EFS does not answer: then it is tried again. */
  private async removeAccessPoint(ended: WorkspaceAccessEnded): Promise<void> {
    const signal = AbortSignal.timeout(ended.accessPointId === undefined ? SEARCH_MS : REMOVE_MS);
    const startedAt = performance.now();
    const accessPointId = await removeAccess(availableOf(this.accessPoints), ended, signal);
    if (accessPointId === undefined) return;
    const details = { sessionId: ended.sessionId, accessPointId };
    await this.audit.emit(accessEffects['access-point.removed'], details, Math.round(performance.now() - startedAt));
  }
}
