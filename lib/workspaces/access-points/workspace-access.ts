import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLines } from '../../telemetry/log-lines.ts';
import { ContentionError, NotAvailableError, SessionNotFoundError } from '../../errors.ts';
import type { WorkspaceAccessStore } from './workspace-access-store.ts';
import type { AccessPoint, AccessPoints } from './access-points.ts';
import type { SessionItem, WorkspaceAccessState } from '../../table/session-item.ts';

/** What other compute needs to mount the workspace of one session, and no other. */
export interface WorkspaceAccessInfo {
  fileSystemId: string;
  accessPointId: string;
  accessPointArn: string;
}

/** For a whole grant, until its first check, and for removing what a grant cannot keep (ms). */
const TIMES = { grantMs: 18_000, lookMs: 100, removeMs: 5_000 };
/** The pause between two checks grows up to this (ms). */
const MAX_LOOK_MS = 1_000;
/** How often what was found can be gone again before that is an error. */
const ATTEMPTS = 3;

/**
 * A session's access point: made at the first request, found by the others, removed by a revoke or with the session.
 * The token that it is made by is on the session before EFS is asked, its id right after:
 *
 *   token ──▶ access point ──▶ id ──▶ available
 *         1                2       3
 *
 * An end at 1 or 2 makes writing the id fail, and the grant removes what it made. A crash at 1 or 2 leaves a token: a
 * repeated grant gets the same access point by it, an end or a revoke finds it by its tags. At 3 the id is known.
 */
export class WorkspaceAccess {
  private readonly store: WorkspaceAccessStore;
  private readonly accessPoints: AccessPoints | undefined;
  private readonly log: LogLines;
  private readonly times: typeof TIMES;

  constructor(
    store: WorkspaceAccessStore,
    accessPoints: AccessPoints | undefined,
    log: LogLines,
    times: typeof TIMES = TIMES,
  ) {
    this.store = store;
    this.accessPoints = accessPoints;
    this.log = log;
    this.times = times;
  }

  async grant(session: SessionItem, now: Date): Promise<WorkspaceAccessInfo> {
    const accessPoints = availableOf(this.accessPoints);
    const signal = AbortSignal.timeout(this.times.grantMs);
    let state = session.workspaceAccess;
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
      state ??= await this.store.begin(session.id, newClientToken(session.id));
      const point = await this.pointFor(accessPoints, session, state, now, signal);
      if (point) {
        const { accessPointId, accessPointArn } = point;
        return { fileSystemId: accessPoints.fileSystemId, accessPointId, accessPointArn };
      }
      state = undefined;
    }
    throw new ContentionError(new Error('the access point was removed again and again'), 'The file system');
  }

  /** No error if there is none. First EFS, then the session: after a crash in between the session still names it. */
  async revoke(session: SessionItem): Promise<void> {
    const accessPoints = availableOf(this.accessPoints);
    const signal = AbortSignal.timeout(this.times.grantMs);
    let state = session.workspaceAccess;
    while (state) {
      await removeAccess(accessPoints, { sessionId: session.id, ...state }, signal);
      const standing: WorkspaceAccessState | undefined = await this.store.forget(session.id, state);
      // A concurrent grant has written its id. A grant with another token came after this revoke.
      state = standing?.clientToken === state.clientToken && !state.accessPointId ? standing : undefined;
    }
  }

  /** The access point of the state, when it can be mounted. None: it is gone, and the state was removed. */
  private async pointFor(
    accessPoints: AccessPoints,
    session: SessionItem,
    state: WorkspaceAccessState,
    now: Date,
    signal: AbortSignal,
  ): Promise<AccessPoint | undefined> {
    const point =
      state.accessPointId === undefined
        ? await this.make(accessPoints, session, state, now, signal)
        : await ownPoint(accessPoints, session.id, state.accessPointId, signal);
    const available = point && (await this.untilAvailable(accessPoints, point, signal));
    if (available?.state === 'available') return available;
    const removing = AbortSignal.timeout(this.times.removeMs);
    if (available?.state === 'creating') {
      // A last check: another grant may have returned it in the meantime.
      const last = await accessPoints.find(available.accessPointId, removing);
      if (last?.state === 'available') return last;
    }
    if (available) await accessPoints.remove(available.accessPointId, removing);
    const accessPointId = point?.accessPointId ?? state.accessPointId;
    await this.store.forget(session.id, { clientToken: state.clientToken, ...(accessPointId && { accessPointId }) });
    if (available?.state === 'creating') {
      throw new ContentionError(new Error('the access point did not become available'), 'The file system');
    }
    return undefined;
  }

  private async make(
    accessPoints: AccessPoints,
    { id: sessionId, userId, orgId }: SessionItem,
    { clientToken }: WorkspaceAccessState,
    now: Date,
    signal: AbortSignal,
  ): Promise<AccessPoint | undefined> {
    const point = await accessPoints.create({ sessionId, userId, orgId, clientToken, now }, signal);
    // Of another session: the state in the table is not true.
    if (point?.sessionId !== sessionId) return undefined;
    try {
      if (await this.store.record(sessionId, clientToken, point.accessPointId)) return point;
    } catch (thrown) {
      // After any other error the access point may be in use: another grant may have returned it for the same token.
      if (thrown instanceof SessionNotFoundError) await this.discard(accessPoints, point);
      throw thrown;
    }
    await this.discard(accessPoints, point);
    return undefined;
  }

  /** The access point as it is when it is no longer being created, or when the time is up. None: it was removed. */
  private async untilAvailable(
    accessPoints: AccessPoints,
    made: AccessPoint,
    signal: AbortSignal,
  ): Promise<AccessPoint | undefined> {
    let point: AccessPoint | undefined = made;
    for (let wait = this.times.lookMs; point?.state === 'creating' && !signal.aborted;) {
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      wait = Math.min(2 * wait, MAX_LOOK_MS);
      const last: AccessPoint = point;
      point = await accessPoints.find(made.accessPointId, signal).catch((thrown: unknown) => {
        if (signal.aborted) return last;
        throw thrown;
      });
    }
    return point;
  }

  /** One that cannot be removed now is the daily check's. */
  private async discard(accessPoints: AccessPoints, { accessPointId, sessionId }: AccessPoint): Promise<void> {
    try {
      await accessPoints.remove(accessPointId, AbortSignal.timeout(this.times.removeMs));
    } catch (thrown) {
      this.log.accessPointNotRemoved(sessionId, accessPointId, thrown);
    }
  }
}

/** Removes the access point by its id; where only the token is known, looks for it. Gives the id of the one removed. */
export async function removeAccess(
  accessPoints: AccessPoints,
  { sessionId, clientToken, accessPointId }: WorkspaceAccessState & { sessionId: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (accessPointId !== undefined) {
    const point = await accessPoints.find(accessPointId, signal);
    if (point && point.sessionId !== sessionId) return undefined;
    await accessPoints.remove(accessPointId, signal);
    return accessPointId;
  }
  for await (const page of accessPoints.pages(signal)) {
    for (const point of page) {
      if (point.sessionId !== sessionId || point.clientToken !== clientToken) continue;
      await accessPoints.remove(point.accessPointId, signal);
      return point.accessPointId;
    }
  }
  return undefined;
}

/** None if it is gone, or another session's: the table may say any id. */
async function ownPoint(accessPoints: AccessPoints, sessionId: string, accessPointId: string, signal: AbortSignal) {
  const point = await accessPoints.find(accessPointId, signal);
  return point?.sessionId === sessionId ? point : undefined;
}

export function availableOf(accessPoints: AccessPoints | undefined): AccessPoints {
  if (!accessPoints) throw new NotAvailableError('Access to workspaces from other compute');
  return accessPoints;
}

/** Another one each time: EFS may remember those of access points that it has deleted. */
const newClientToken = (sessionId: string): string => `${sessionId}-${randomBytes(8).toString('hex')}`;
