import type { SessionListStore } from '../session-list-store.ts';
import type { SessionStore } from '../session-store.ts';
import type { SessionItem } from '../../table/session-item.ts';

/** Which sessions a sweep is for, and until when it searches for them. */
export interface CandidatesRequest {
  /** Only this organisation's sessions. */
  orgId?: string;
  /** Instead of each session's own idle time (ms). 0 ends every session there is. */
  inactiveForMs?: number;
  now: Date;
  signal: AbortSignal;
}

const BATCH = 100;
const NEVER = new AbortController().signal;

/** Finds the sessions that a sweep must end. */
export class SweepCandidates {
  private readonly store: SessionStore;
  private readonly lists: SessionListStore;

  constructor(store: SessionStore, lists: SessionListStore) {
    this.store = store;
    this.lists = lists;
  }

  /**
   * In batches, each session once: while an index is late, it has a session that was touched in two places. When the time
   * is up, nothing more is read.
   */
  async *of(request: CandidatesRequest): AsyncGenerator<SessionItem[]> {
    const signal = this.lookingUntil(request);
    const found = new Set<string>();
    for await (const sessionIds of this.idsOf(request, signal)) {
      for (let from = 0; from < sessionIds.length && !signal.aborted; from += BATCH) {
        const sessions = await this.store.getAll(sessionIds.slice(from, from + BATCH));
        const due = sessions.filter((session) => !found.has(session.id) && this.mustEnd(session, request));
        for (const { id } of due) found.add(id);
        if (due.length > 0) yield due;
      }
    }
  }

  /** How long a session that is due by its own setting has been so. */
  overdueMs(session: SessionItem, { inactiveForMs, now }: CandidatesRequest): number {
    if (session.status === 'ending' || inactiveForMs !== undefined) return 0;
    return now.getTime() - this.store.expiresAt(session);
  }

  /** A sweep without any time still reads the first sessions that are due, because a metric reports how late they are. */
  private lookingUntil({ orgId, inactiveForMs, signal }: CandidatesRequest): AbortSignal {
    return signal.aborted && orgId === undefined && inactiveForMs === undefined ? NEVER : signal;
  }

  private idsOf({ orgId, inactiveForMs, now }: CandidatesRequest, signal: AbortSignal): AsyncGenerator<string[]> {
    if (orgId !== undefined) return this.lists.allOfOrg(orgId, signal);
    if (inactiveForMs !== undefined) return this.lists.idleSince(new Date(now.getTime() - inactiveForMs), signal);
    return this.lists.due(now, signal);
  }

  private mustEnd(session: SessionItem, { inactiveForMs, now }: CandidatesRequest): boolean {
    if (inactiveForMs === undefined || session.status === 'ending') return this.store.isDue(session, now);
    return this.store.lastPossibleActivity(session, now) + inactiveForMs <= now.getTime();
  }
}
