import pMap from 'p-map';
import type { LogLines } from '../../telemetry/log-lines.ts';
import type { MetricLines } from '../../telemetry/metrics/metric-lines.ts';
import type { SeatMetrics } from '../../limits/seat-metrics.ts';
import type { SessionEnding } from '../session-ending.ts';
import { EVERYBODY } from '../../limits/limit.ts';
import type { SeatStore } from '../../limits/seat-store.ts';
import type { SweepCandidates, CandidatesRequest } from './sweep-candidates.ts';
import type { WorkspaceLeftovers } from './workspace-leftovers.ts';
import type { SessionItem } from '../../table/session-item.ts';

/** Which sessions a sweep reads, and when it stops. */
export interface SweepRequest extends CandidatesRequest {
  maxSessions?: number;
  /** With the time that is left at the end. A request has none. */
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

interface SweepUses {
  readonly candidates: SweepCandidates;
  readonly ending: SessionEnding;
  readonly terminations: { retryDue(signal: AbortSignal): Promise<void> };
  readonly leftovers: WorkspaceLeftovers;
  readonly seats: SeatStore;
  readonly seatMetrics: SeatMetrics;
  readonly usageScan: { run(signal: AbortSignal): Promise<void> };
  readonly log: LogLines;
  readonly metrics: MetricLines;
}

/** Called for each session that this sweep ended, as it was before, with the duration. */
type OnEnded = (session: SessionItem, durationMs: number) => Promise<void>;

const AT_ONCE = 8;

/**
 * Ends idle sessions, resumes interrupted ends, removes leftovers of workspaces, and measures workspaces. Any number may
 * run at the same time.
 */
export class Sweep {
  private readonly uses: SweepUses;

  constructor(uses: SweepUses) {
    this.uses = uses;
  }

  async run(request: SweepRequest, onEnded: OnEnded): Promise<SweepResult> {
    const startedAt = performance.now();
    await this.uses.leftovers.checkRoot();
    const result: SweepResult = { cleaned: [], failed: [], more: false };
    let lagMs = 0;
    for await (const sessions of this.uses.candidates.of(request)) {
      lagMs = Math.max(lagMs, ...sessions.map((session) => this.uses.candidates.overdueMs(session, request)));
      await this.endAll(sessions, request, result, onEnded);
      if (result.more) break;
    }
    if (request.signal.aborted) result.more = true;
    if (request.orgId === undefined) await this.retryTerminations(request.signal);
    const { trash } = await this.uses.leftovers.remove(request);
    const durationMs = Math.round(performance.now() - startedAt);
    const { cleaned, failed } = result;
    this.uses.metrics.swept({ durationMs, lagMs, cleaned: cleaned.length, notCleaned: failed.length, trash });
    if (request.orgId === undefined) await this.settleSeats();
    await this.uses.seatMetrics.measureAll();
    if (request.measuresWorkspaces) await this.measureWorkspaces(request.signal);
    return result;
  }

  /** Continues an interrupted change of the global limit, or one that waited for sessions to end. */
  private async settleSeats(): Promise<void> {
    await this.uses.seats.settle(EVERYBODY).catch((thrown: unknown) => this.uses.log.seatsNotSettled(thrown));
  }

  private async retryTerminations(signal: AbortSignal): Promise<void> {
    await this.uses.terminations
      .retryDue(signal)
      .catch((thrown: unknown) => this.uses.log.terminationsNotRetried(thrown));
  }

  private async measureWorkspaces(signal: AbortSignal): Promise<void> {
    await this.uses.usageScan.run(signal).catch((thrown: unknown) => this.uses.log.workspacesNotMeasured(thrown));
  }

  private async endAll(
    sessions: SessionItem[],
    { signal, maxSessions = Infinity }: SweepRequest,
    result: SweepResult,
    onEnded: OnEnded,
  ): Promise<void> {
    const most = maxSessions - result.cleaned.length;
    result.more = sessions.length > most;
    await pMap(
      sessions.slice(0, most),
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
      if (!(await this.uses.ending.end(session.id, 'inactive', session.lastActiveAt))) return;
      result.cleaned.push(session.id);
      await onEnded(session, Math.round(performance.now() - startedAt));
    } catch (thrown) {
      result.failed.push(session.id);
      this.uses.log.sessionNotEnded(session.id, thrown);
    }
  }
}
