import { validate as isUuid } from 'uuid';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import { detailsOfOwner, CounterComparison } from './counter-comparison.ts';
import { ReconcileRun, type ReconcileRequest, type ReconcileResult, type ReconcileReports } from './reconcile-run.ts';
import { SeatTally } from './seat-tally.ts';
import type { ClientListStore } from '../mcp-clients/client-list-store.ts';
import {
  clientPlaces,
  type ReconcilePosition,
  type ReconcileMode,
  type ReconcileStore,
  type StoredItem,
} from './reconcile-store.ts';
import type { SeatCorrectionStore } from '../limits/seat-correction-store.ts';
import type { SeatItemsStore } from '../limits/seat-items-store.ts';
import { seatsIdOf } from '../table/seats-owner.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { storedSessions } from '../table/stored-session.ts';
import { sessionOfBelonging, type Key } from '../table/keys.ts';
import { workspaceOf } from '../workspaces/workspace-paths.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

interface Stores {
  round: ReconcileStore;
  sessions: SessionStore;
  counters: SeatCorrectionStore;
  seatItems: SeatItemsStore;
  clients: ClientListStore;
}

/** Where a run is: what is left to the next one, if it must stop here; nothing once the directories are done. */
interface Progress {
  at: ReconcilePosition | undefined;
}

/** A directory that changed more recently is skipped: a create or an end may still be moving it. */
const FRESH_MS = 5 * 60 * 1000;

/**
 * Compares what is stored, and corrects it if the caller requests that:
 *
 *   the table, page by page ──▶ the directories, user by user ──▶ the seats that looked wrong
 *
 * A run that is out of time stores its position, and the next run of the same mode continues there. Only a run that has
 * read the whole table judges seats.
 */
export class Comparison {
  private readonly stores: Stores;
  private readonly workspaces: Workspaces;
  private readonly reports: ReconcileReports;
  private readonly counters: CounterComparison;

  constructor(stores: Stores, workspaces: Workspaces, reports: ReconcileReports) {
    this.stores = stores;
    this.workspaces = workspaces;
    this.reports = reports;
    this.counters = new CounterComparison(stores.round, stores.counters);
  }

  async run(round: ReconcileMode, request: ReconcileRequest): Promise<ReconcileResult> {
    // In another root every directory would be one that no session has.
    await this.workspaces.checkRoot();
    const run = new ReconcileRun(request, this.reports);
    const from = await this.stores.round.position(round);
    const progress = { at: from };
    try {
      const tally = new SeatTally();
      await this.compareTable(run, progress, tally);
      await this.compareDirectories(run, progress);
      // A run that continued another one has not read all sessions.
      if (progress.at || from) run.leaveRest();
      else await this.compareSeats(run, tally);
    } finally {
      run.reportAll();
      if (progress.at || from) await this.stores.round.savePosition(round, progress.at);
    }
    return run.result;
  }

  private async compareTable(run: ReconcileRun, progress: Progress, tally: SeatTally): Promise<void> {
    if (progress.at?.directory !== undefined) return;
    let key = progress.at?.key;
    do {
      if (key) progress.at = { key };
      const page = await this.stores.round.page(key, run.pageItems);
      tally.add(page.items);
      await this.comparePage(run, page.items);
      key = page.cursor;
      if (key && run.isOver) {
        progress.at = { key };
        return;
      }
    } while (key);
    progress.at = { directory: '' };
  }

  private async comparePage(run: ReconcileRun, items: StoredItem[]): Promise<void> {
    const sessions = storedSessions(items);
    await run.attempt(() => this.compareEntries(run, sessions));
    await run.each(sessions, (session) => this.compareDirectory(run, session));
    await run.attempt(() => this.compareBelongings(run, items));
    await run.attempt(() => this.compareClients(run, items));
  }

  private async compareEntries(run: ReconcileRun, sessions: SessionItem[]): Promise<void> {
    const { round } = this.stores;
    await run.each(await round.unlistedCandidates(sessions), async (session) => {
      if (!(await round.isUnlisted(session))) return;
      await run.found('missing-entry', detailsOf(session), () => round.list(session));
    });
  }

  private async compareDirectory(run: ReconcileRun, session: SessionItem): Promise<void> {
    if (!isActive(session) || (await this.workspaces.isThere(session))) return;
    // An end changes the session first, and then moves the directory.
    if (!(await this.isActive(session))) return;
    await run.found('missing-directory', detailsOf(session), () => this.makeAgain(session));
  }

  /** An empty directory: its files are lost, but the session continues. */
  private async makeAgain(session: SessionItem): Promise<boolean> {
    await this.workspaces.prepare(session.id);
    await this.workspaces.publish(session);
    if (await this.isActive(session)) return true;
    // The end may have searched for the directory before this made it.
    await this.workspaces.moveToTrash(session);
    return false;
  }

  private async isActive({ id }: SessionItem): Promise<boolean> {
    return isActive(await this.stores.sessions.get(id));
  }

  private async compareBelongings(run: ReconcileRun, items: Key[]): Promise<void> {
    const { round } = this.stores;
    const belongings = items.filter((item) => sessionOfBelonging(item) !== undefined);
    await run.each(await round.orphanCandidates(belongings), async (item) => {
      if (!(await round.isOrphan(item))) return;
      await run.found('stray-item', idOf(sessionOfBelonging(item)), () => round.remove(item));
    });
  }

  private async compareClients(run: ReconcileRun, items: StoredItem[]): Promise<void> {
    const { clients } = this.stores;
    await run.each(await clients.inconsistentCandidates(clientPlaces(items)), async (client) => {
      if (!(await clients.isInconsistent(client))) return;
      await run.found('mcp-client', { sessionId: client.sessionId }, () => clients.correct(client));
    });
  }

  private async compareDirectories(run: ReconcileRun, progress: Progress): Promise<void> {
    if (progress.at?.directory === undefined) return;
    for (const user of await this.workspaces.found.users(progress.at.directory)) {
      if (run.isOver) return;
      await run.attempt(() => this.compareUser(run, user));
      progress.at = { directory: user };
    }
    progress.at = undefined;
  }

  private async compareUser(run: ReconcileRun, user: string): Promise<void> {
    const directories = await this.workspaces.found.of(user, FRESH_MS);
    const sessions = await this.stores.sessions.getAll(directories.map(({ id }) => id));
    const places = new Set(sessions.map(({ userId, id }) => workspaceOf(userId, id)));
    const candidates = directories.filter((found) => !places.has(`${found.user}/${found.id}`));
    await run.each(candidates, async (stray) => {
      // An end moves the directory before it deletes the session.
      if (!(await this.workspaces.found.isThere(stray))) return;
      await run.found('stray-directory', idOf(stray.id), () => this.workspaces.found.throwAway(stray));
    });
  }

  /** Items first: a seat that is freed in an item that does not count would be a difference that no correction finds. */
  private async compareSeats(run: ReconcileRun, tally: SeatTally): Promise<void> {
    const { seatItems } = this.stores;
    const candidates = tally.candidates();
    const odd: typeof candidates.items = [];
    await run.each(candidates.items, async (of) => {
      if (run.isOver) return run.leaveRest();
      const items = await seatItems.inconsistentItems(of);
      if (!items) return;
      odd.push(of);
      await run.found('seat-items', detailsOfOwner(of), () => seatItems.correct(of, items));
    });
    // These scopes too, whatever their sums are: they had items that do not count.
    const counters = new Map([...odd, ...candidates.counters].map((of) => [seatsIdOf(of), of]));
    await this.counters.compare(run, [...counters.values()]);
  }
}

const detailsOf = ({ id, userId, orgId }: SessionItem): AuditDetails => ({ sessionId: id, userId, orgId });
const idOf = (sessionId: string | undefined): AuditDetails =>
  sessionId !== undefined && isUuid(sessionId) ? { sessionId } : {};
