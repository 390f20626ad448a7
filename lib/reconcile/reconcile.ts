import pMap from 'p-map';
import { validate as isUuid } from 'uuid';
import type { AuditDetails } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { LogLines } from '../audit/log-lines.ts';
import { noDrift, sumOfDrift, type Drift, type DriftKind } from '../audit/drift.ts';
import type { LimitOwner } from '../limits.ts';
import { ReconcileCounters, SeatTally } from './counters.ts';
import { SeatItemsSeen } from './seat-items.ts';
import type { ClientListCorrection } from '../store/client-list-correction.ts';
import { clientPlaces, type ReconcilePosition, type ReconcileStore } from '../store/reconcile-store.ts';
import type { SeatCorrection } from '../store/seat-correction.ts';
import type { SeatItemsCorrection } from '../store/seat-items-correction.ts';
import type { SessionStore } from '../store/session-store.ts';
import { isSessionKey, sessionOfBelonging, type Key, type SessionItem } from '../store/table-schema.ts';
import type { Workspace, Workspaces } from '../workspace/workspaces.ts';

/** How far a reconcile may go. */
export interface ReconcileBounds {
  /** Aborts when the time is up; the next run goes on there. */
  signal?: AbortSignal;
  /** Items of the table that are read at once; what DynamoDB gives, if left out. */
  pageItems?: number | undefined;
}

export interface ReconcileResult {
  drift: Drift;
  repaired: number;
  /** There was no time for all of it, or too much was going on to judge a counter. */
  more: boolean;
}

interface Stores {
  round: ReconcileStore;
  sessions: SessionStore;
  counters: SeatCorrection;
  seatItems: SeatItemsCorrection;
  clients: ClientListCorrection;
}

/** What one pass through the whole table has seen. */
interface Pass {
  tally: SeatTally;
  seatItems: SeatItemsSeen;
}

/** Where it tells what it found. */
interface Reports {
  trail: AuditTrail;
  log: LogLines;
}

/** One run: what is asked for, and what came of it. */
interface Run {
  repair: boolean;
  signal: AbortSignal;
  pageItems: number | undefined;
  result: ReconcileResult;
}

const AT_ONCE = 8;
/** A directory that was changed since is left alone: whoever moves one out or in may still be at it. */
const FRESH_MS = 5 * 60 * 1000;

/**
 * Compares what is stored, and puts it right if asked to:
 *
 *   the table, page by page ──▶ the directories, user by user ──▶ the seats that looked wrong
 *
 * A run that has no time for the end of it says where it was, and the next one goes on there. Seats are judged by runs
 * that have seen the whole table.
 */
export class Reconcile {
  private readonly stores: Stores;
  private readonly workspaces: Workspaces;
  private readonly reports: Reports;
  private readonly counters: ReconcileCounters;

  constructor(stores: Stores, workspaces: Workspaces, reports: Reports) {
    this.stores = stores;
    this.workspaces = workspaces;
    this.reports = reports;
    this.counters = new ReconcileCounters(stores.round, stores.counters);
  }

  async run({ repair, signal, pageItems }: Omit<Run, 'result'>): Promise<ReconcileResult> {
    const result: ReconcileResult = { drift: noDrift(), repaired: 0, more: false };
    const run = { repair, signal, pageItems, result };
    const from = await this.stores.round.position();
    const pass = from ? undefined : { tally: new SeatTally(), seatItems: new SeatItemsSeen() };
    const at = (await this.compareTable(run, from, pass)) ?? (await this.compareDirectories(run, from?.directory));
    if (at || from) await this.stores.round.savePosition(at);
    if (!at && pass) await this.compareSeats(run, pass);
    // Seats are judged from the beginning: whoever went on where another stopped has not seen it.
    result.more ||= at !== undefined || from !== undefined;
    if (sumOfDrift(result.drift) > 0) this.reports.log.driftFound(result.drift, result.repaired);
    return result;
  }

  private async compareTable(run: Run, from: ReconcilePosition | undefined, pass: Pass | undefined) {
    if (from && !from.key) return undefined;
    let key = from?.key;
    do {
      const page = await this.stores.round.page(key, run.pageItems);
      pass?.tally.add(page.items);
      pass?.seatItems.add(page.items);
      await this.compareSessions(run, page.items.filter(isSessionKey) as (Key & SessionItem)[]);
      await this.compareBelongings(
        run,
        page.items.filter((item) => sessionOfBelonging(item) !== undefined),
      );
      await this.each(await this.stores.clients.odd(clientPlaces(page.items)), (client) =>
        this.found(run, 'mcp-client', { sessionId: client.sessionId }, () => this.stores.clients.correct(client)),
      );
      key = page.cursor;
      if (key && run.signal.aborted) return { key };
    } while (key);
    return undefined;
  }

  private async compareSessions(run: Run, sessions: SessionItem[]): Promise<void> {
    const unlisted = await this.stores.round.unlisted(sessions);
    await this.each(unlisted, (session) =>
      this.found(run, 'missing-entry', detailsOf(session), () => this.stores.round.list(session)),
    );
    await this.each(sessions, async (session) => {
      if (session.status !== 'active' || (await this.workspaces.isThere(session))) return;
      // An end says so first, and moves the directory after that.
      if (!(await this.isActive(session))) return;
      await this.found(run, 'missing-directory', detailsOf(session), () => this.makeAgain(session));
    });
  }

  /** Empty: what was in it is lost, but the session goes on. */
  private async makeAgain(session: SessionItem): Promise<boolean> {
    await this.workspaces.prepare(session.id);
    await this.workspaces.moveIn(session);
    if (await this.isActive(session)) return true;
    // Whoever ended it may have looked before it was there.
    await this.workspaces.retire(session);
    return false;
  }

  private async isActive({ id }: SessionItem): Promise<boolean> {
    return (await this.stores.sessions.get(id))?.status === 'active';
  }

  private async compareBelongings(run: Run, items: Key[]): Promise<void> {
    await this.each(await this.stores.round.lonely(items), (item) =>
      this.found(run, 'stray-item', idOf(sessionOfBelonging(item)), () => this.stores.round.remove(item)),
    );
  }

  private async compareDirectories(run: Run, after: string | undefined): Promise<ReconcilePosition | undefined> {
    let last = after;
    for (const user of await this.workspaces.listUsers(after)) {
      if (run.signal.aborted) return { directory: last ?? '' };
      const directories = await this.workspaces.listSessions(user, FRESH_MS);
      const sessions = await this.stores.sessions.getAll(directories.map(({ id }) => id));
      const places = new Set(sessions.map(({ workspace }) => workspace));
      await this.each(
        directories.filter(({ workspace }) => !places.has(workspace)),
        (stray) => this.found(run, 'stray-directory', idOf(stray.id), () => this.throwAway(stray)),
      );
      last = user;
    }
    return undefined;
  }

  private async throwAway(stray: Workspace): Promise<boolean> {
    return (await this.workspaces.retire(stray)) !== undefined;
  }

  /** The items first: what is taken back at one that does not count would be a difference that no correction sees. */
  private async compareSeats(run: Run, { tally, seatItems }: Pass): Promise<void> {
    await this.each(seatItems.suspects(), async (of) => {
      const odd = await this.stores.seatItems.oddItems(of);
      if (!odd) return;
      await this.found(run, 'seat-items', ownerOf(of), () => this.stores.seatItems.correct(of, odd));
      tally.suspect(of);
    });
    const { drift, unjudged } = await this.counters.run(tally.suspects(), run);
    run.result.more ||= unjudged > 0;
    for (const { of, active, sessions, repaired } of drift) {
      // Of several items one may be below 0, and so may a damaged sum.
      const counted = { ...ownerOf(of), active: Math.max(0, active), sessions };
      await this.found(run, 'counter', counted, () => Promise.resolve(repaired));
    }
  }

  private async found(run: Run, kind: DriftKind, details: AuditDetails, putRight: () => Promise<boolean>) {
    const startedAt = performance.now();
    run.result.drift[kind]++;
    const repaired = run.repair && (await this.isDone(putRight));
    if (repaired) run.result.repaired++;
    const durationMs = Math.round(performance.now() - startedAt);
    await this.reports.trail.tell('drift.found', { driftKind: kind, repaired, ...details }, durationMs);
  }

  private async isDone(putRight: () => Promise<boolean>): Promise<boolean> {
    return putRight().catch((thrown: unknown) => {
      this.reports.log.driftNotRepaired(thrown);
      return false;
    });
  }

  private async each<T>(items: T[], step: (item: T) => Promise<unknown>): Promise<void> {
    await pMap(items, step, { concurrency: AT_ONCE });
  }
}

const detailsOf = ({ id, userId, orgId }: SessionItem): AuditDetails => ({ sessionId: id, userId, orgId });
const ownerOf = ({ scope, orgId, userId }: LimitOwner): AuditDetails => ({
  limitScope: scope,
  ...(orgId && { orgId }),
  ...(userId && { userId }),
});
const idOf = (sessionId: string | undefined): AuditDetails =>
  sessionId !== undefined && isUuid(sessionId) ? { sessionId } : {};
