import type { AuditTrail } from './audit/audit-trail.ts';
import type { McpFarewells } from './mcp-farewells.ts';
import type { StreamChange, WorkspaceAccessEnded } from './store/stream-change.ts';
import { availableOf, removeAccess } from './workspace-access.ts';
import type { AccessPoints } from './workspace/access-points.ts';

/** A batch must not wait long for EFS: for an access point that is known by its id, and one that must be looked for. */
const REMOVE_MS = 4_000;
const SEARCH_MS = 20_000;

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
export class SessionEvents {
  private readonly farewells: McpFarewells;
  private readonly trail: AuditTrail;
  private readonly accessPoints: AccessPoints | undefined;

  constructor(farewells: McpFarewells, trail: AuditTrail, accessPoints?: AccessPoints) {
    this.farewells = farewells;
    this.trail = trail;
    this.accessPoints = accessPoints;
  }

  async handle(change: StreamChange): Promise<void> {
    switch (change.type) {
      case 'mcp-client-removed':
        return this.farewells.say(change.sessionId, change.client);
      case 'farewell-due':
        return this.farewells.sayAgain(change.farewell);
      case 'workspace-access-ended':
        return this.removeAccessPoint(change);
    }
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
