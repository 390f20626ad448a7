import pMap from 'p-map';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { SessionTerminations } from '../mcp-clients/session-terminations.ts';
import type { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import type { SeatMetrics } from '../limits/seat-metrics.ts';
import type { SessionEnding } from './session-ending.ts';
import { EVERYBODY } from '../limits/limit.ts';
import type { SeatStore } from '../limits/seat-store.ts';
import type { SessionListStore } from './session-list-store.ts';
import type { SessionStore } from './session-store.ts';
import { SweepCandidates, type CandidatesRequest } from './sweep-candidates.ts';
import type { UsageScan } from '../workspaces/usage-scan.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { SessionItem } from '../table/session-item.ts';

/** What a sweep looks at and when it stops. */
export interface SweepRequest extends CandidatesRequest {
  maxSessions?: number;
  /** With the time that is left at the end: whoever waits for an answer has none. */
  measuresWorkspaces?: boolean;
}

/** How far a cleanup may go. */
export interface CleanupBounds {
  /** Aborts when the time is up; what is left is left to the next cleanup. */
  signal?: AbortSignal;
  maxSessions?: number;
}

export interface SweepResult {
  cleaned: string[];
  failed: string[];
  /** It stopped before it had seen everything. */
  more: boolean;
}

/** What a sweep does besides, each in its own way. */
interface SweepChores {
  terminations: SessionTerminations;
  seats: SeatStore;
  usage: UsageScan;
}

/** Where a sweep tells how it went. */
interface SweepReports {
  log: LogLines;
  metrics: MetricLines;
  seatMetrics: SeatMetrics;
}

/** Told of each session that this sweep ended, as it was before, and how long that took. */
type OnEnded = (session: SessionItem, durationMs: number) => Promise<void>;

const AT_ONCE = 8;
/** How long an upload may rest between two of its parts. */
const UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Slower than any create that is still under way. */
const ABANDONED_MS = 5 * 60 * 1000;

/** Ends what is idle, takes up what was interrupted, empties the trash, and measures workspaces. Any number may run at once. */
export class Sweep {
  private readonly store: SessionStore;
  private readonly candidates: SweepCandidates;
  private readonly workspaces: Workspaces;
  private readonly ending: SessionEnding;
  private readonly chores: SweepChores;
  private readonly log: LogLines;
  private readonly metrics: MetricLines;
  private readonly seatMetrics: SeatMetrics;

  constructor(
    store: SessionStore,
    lists: SessionListStore,
    workspaces: Workspaces,
    ending: SessionEnding,
    chores: SweepChores,
    { log, metrics, seatMetrics }: SweepReports,
  ) {
    this.store = store;
    this.candidates = new SweepCandidates(store, lists);
    this.workspaces = workspaces;
    this.ending = ending;
    this.chores = chores;
    this.log = log;
    this.metrics = metrics;
    this.seatMetrics = seatMetrics;
  }

  async run(request: SweepRequest, onEnded: OnEnded): Promise<SweepResult> {
    const startedAt = performance.now();
    const result: SweepResult = { cleaned: [], failed: [], more: false };
    let lagMs = 0;
    for await (const sessions of this.candidates.of(request)) {
      lagMs = Math.max(lagMs, ...sessions.map((session) => this.candidates.overdueMs(session, request)));
      await this.endAll(sessions, request, result, onEnded);
      if (result.more) break;
    }
    if (request.signal.aborted) result.more = true;
    if (request.orgId === undefined) await this.retryTerminations(request.signal);
    await this.tidied('.pending', this.recoverPending(request));
    await this.tidied('.uploads', this.tidyUploads(request));
    const trash = (await this.tidied('.trash', this.emptyTrash(request.signal))) ?? 0;
    const durationMs = Math.round(performance.now() - startedAt);
    const { cleaned, failed } = result;
    this.metrics.swept({ durationMs, lagMs, cleaned: cleaned.length, notCleaned: failed.length, trash });
    if (request.orgId === undefined) await this.settleSeats();
    await this.seatMetrics.measureAll();
    if (request.measuresWorkspaces) await this.measureWorkspaces(request.signal);
    return result;
  }

  /** A limit that whoever changed it left halfway, or that waited for sessions to end. */
  private async settleSeats(): Promise<void> {
    await this.chores.seats.settle(EVERYBODY).catch((thrown: unknown) => this.log.seatsNotSettled(thrown));
  }

  private async retryTerminations(signal: AbortSignal): Promise<void> {
    await this.chores.terminations.retryDue(signal).catch((thrown: unknown) => this.log.terminationsNotRetried(thrown));
  }

  private async measureWorkspaces(signal: AbortSignal): Promise<void> {
    await this.chores.usage.run(signal).catch((thrown: unknown) => this.log.workspacesNotMeasured(thrown));
  }

  /** What cannot be tidied now is the next sweep's; what this one has ended is told all the same. */
  private async tidied<T>(name: string, step: Promise<T>): Promise<T | undefined> {
    return step.catch((thrown: unknown) => {
      this.log.workspaceNotTidied(name, thrown);
      return undefined;
    });
  }

  private async endAll(
    sessions: SessionItem[],
    { signal, maxSessions = Infinity }: SweepRequest,
    result: SweepResult,
    onEnded: OnEnded,
  ): Promise<void> {
    const room = maxSessions - result.cleaned.length;
    result.more = sessions.length > room;
    await pMap(
      sessions.slice(0, room),
      async (session) => {
        if (!signal.aborted) await this.end(session, result, onEnded);
      },
      { concurrency: AT_ONCE },
    );
    if (signal.aborted) result.more = true;
  }

  private async end(session: SessionItem, result: SweepResult, onEnded: OnEnded): Promise<void> {
    const startedAt = performance.now();
    try {
      if (!(await this.ending.end(session.id, 'inactive', session.lastActiveAt))) return;
      result.cleaned.push(session.id);
      await onEnded(session, Math.round(performance.now() - startedAt));
    } catch (thrown) {
      result.failed.push(session.id);
      this.log.sessionNotEnded(session.id, thrown);
    }
  }

  /** After a crash between the transaction of a create and its rename, or before the transaction. */
  private async recoverPending({ now, signal }: SweepRequest): Promise<void> {
    const pending = await this.workspaces.listPending();
    await pMap(
      pending,
      async ({ sessionId, madeAt }) => {
        if (signal.aborted) return;
        try {
          const session = await this.store.get(sessionId);
          if (session?.status === 'active') await this.workspaces.publish(session);
          else if (!session && now.getTime() - madeAt.getTime() > ABANDONED_MS)
            await this.workspaces.discardAbandoned(sessionId);
        } catch (thrown) {
          this.log.workspaceNotTidied(sessionId, thrown);
        }
      },
      { concurrency: AT_ONCE },
    );
  }

  /** What an ended session left there because a write was under way, and uploads that nobody goes on with. */
  private async tidyUploads({ signal }: SweepRequest): Promise<void> {
    await this.eachInTime(await this.workspaces.listUploads(), signal, async (sessionId) => {
      const session = await this.store.get(sessionId);
      if (session?.status === 'active') await this.workspaces.tidyUploads(sessionId, UPLOAD_MS);
      else await this.workspaces.discardUploads(sessionId);
    });
  }

  /** Several at once, so that one that is large or stuck holds up none of the others. What is left is the next sweep's: how many, is given. */
  private async emptyTrash(signal: AbortSignal): Promise<number> {
    const names = await this.workspaces.listTrash();
    let left = names.length;
    await this.eachInTime(names, signal, async (name) => {
      if (await this.workspaces.removeFromTrash(name, signal)) left--;
    });
    if (names.length > 0) this.log.trashEmptied(names.length - left, left);
    return left;
  }

  private async eachInTime(names: string[], signal: AbortSignal, step: (name: string) => Promise<void>): Promise<void> {
    await pMap(
      names,
      async (name) => {
        if (signal.aborted) return;
        await step(name).catch((thrown: unknown) => this.log.workspaceNotTidied(name, thrown));
      },
      { concurrency: AT_ONCE },
    );
  }
}
