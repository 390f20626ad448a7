import type { AuditTrail } from '../telemetry/audit/audit-log.ts';
import type { EventSink, Undelivered } from '../telemetry/events/event-sink.ts';
import { parseSessionEvent, type SessionEvent } from '../telemetry/events/session-event.ts';
import type { McpFarewells } from '../mcp-clients/session-terminations.ts';
import { newsIn } from './session-event-of-record.ts';
import { changeIn, type WorkspaceAccessEnded } from './stream-change.ts';
import { availableOf, removeAccess } from '../workspaces/access-points/workspace-access.ts';
import type { AccessPoints } from '../workspaces/access-points/access-points.ts';
import type { StreamRecord } from '../table/stream-record.ts';

/** A batch must not wait long for EFS: for an access point that is known by its id, and one that must be looked for. */
const REMOVE_MS = 4_000;
const SEARCH_MS = 20_000;
/** Nor for all of its events together. */
const ANNOUNCE_MS = 20_000;

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
export class SessionEvents {
  private readonly farewells: McpFarewells;
  private readonly trail: AuditTrail;
  private readonly accessPoints: AccessPoints | undefined;
  private readonly sink: EventSink | undefined;

  constructor(farewells: McpFarewells, trail: AuditTrail, accessPoints?: AccessPoints, sink?: EventSink) {
    this.farewells = farewells;
    this.trail = trail;
    this.accessPoints = accessPoints;
    this.sink = sink;
  }

  /** Does what is left to do after the change, if something is. */
  async handle(record: StreamRecord): Promise<void> {
    const change = changeIn(record);
    switch (change?.type) {
      case 'mcp-client-removed':
        return this.farewells.say(change.sessionId, change.client);
      case 'farewell-due':
        return this.farewells.sayAgain(change.farewell);
      case 'workspace-access-ended':
        return this.removeAccessPoint(change);
      case undefined:
    }
  }

  /** What others are told of the change, if they are. Throws if the table says something that is no event. */
  eventOf(record: StreamRecord): SessionEvent | undefined {
    const news = this.sink && newsIn(record);
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
    await this.trail.tell('access-point.removed', details, Math.round(performance.now() - startedAt));
  }
}
