import pMap from 'p-map';
import type { LogLines } from '../telemetry/log-lines.ts';
import { SessionNotFoundError } from '../errors.ts';
import type { IndexPosition } from '../table/index-position.ts';
import type { UsageScanStore } from './usage-scan-store.ts';
import type { MeasuredItem, WorkspaceUsageStore } from './workspace-usage-store.ts';
import type { WorkspaceMeasuring } from './workspace-measuring.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

/** What one run may cost, however many sessions there are. */
export interface ScanBounds {
  /** Sessions that it reads. */
  sessions: number;
  /** How long it goes on (ms), and with each workspace. */
  runMs: number;
  stepMs: number;
}

const BOUNDS: ScanBounds = { sessions: 480, runMs: 60_000, stepMs: 10_000 };
const AT_ONCE = 8;
/** A workspace is measured at most once in this time (ms). */
const RECENT_MS = 24 * 60 * 60 * 1000;

interface ScanStores {
  /** Gives the ids of sessions page by page. */
  lists: {
    round(from: IndexPosition | undefined, limit: number): Promise<{ sessionIds: string[]; next?: IndexPosition }>;
  };
  sessions: { getAll(sessionIds: string[]): Promise<SessionItem[]> };
  usage: WorkspaceUsageStore;
  position: UsageScanStore;
}

/** Measures all workspaces in a scan that repeats, a bounded number in each run. Runs may overlap. */
export class UsageScan {
  private readonly stores: ScanStores;
  private readonly measuring: WorkspaceMeasuring;
  private readonly log: LogLines;
  private readonly now: () => Date;
  private readonly bounds: ScanBounds;

  constructor(
    stores: ScanStores,
    measuring: WorkspaceMeasuring,
    log: LogLines,
    now: () => Date,
    bounds: ScanBounds = BOUNDS,
  ) {
    this.stores = stores;
    this.measuring = measuring;
    this.log = log;
    this.now = now;
    this.bounds = bounds;
  }

  /** Continues where the last run stopped, until its bounds, the end of the scan or `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { sessions, runMs } = this.bounds;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(runMs)]);
    const { lists, position } = this.stores;
    if (inTime.aborted) return;
    const from = await position.get();
    let at = from;
    try {
      for (let looked = 0; looked < sessions && !inTime.aborted;) {
        const page = await lists.round(at, Math.min(AT_ONCE, sessions - looked));
        // Also if it fails: a page that cannot be read must not keep those behind it from being measured.
        at = page.next;
        await this.measureAll(page.sessionIds, inTime);
        looked += page.sessionIds.length;
        if (!at) break;
      }
    } finally {
      if (at !== from) await position.put(at);
    }
  }

  /** One step for each; a workspace that needs more continues in the next scan. */
  private async measureAll(sessionIds: string[], signal: AbortSignal): Promise<void> {
    if (sessionIds.length === 0) return;
    const [sessions, measured] = await Promise.all([
      this.stores.sessions.getAll(sessionIds),
      this.stores.usage.getAll(sessionIds),
    ]);
    const due = sessions.filter((session) => isActive(session) && !this.isRecent(measured.get(session.id)));
    await pMap(due, (session) => this.measure(session, measured.get(session.id), signal), { concurrency: AT_ONCE });
  }

  private isRecent(item: MeasuredItem | undefined): boolean {
    if (item?.measuredAt === undefined || item.measuring !== undefined) return false;
    return this.now().getTime() - Date.parse(item.measuredAt) < RECENT_MS;
  }

  private async measure(session: SessionItem, stored: MeasuredItem | undefined, signal: AbortSignal): Promise<void> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(this.bounds.stepMs)]);
    try {
      await this.measuring.step(session, stored, inTime, { onlyIfActive: true });
    } catch (thrown) {
      if (!(thrown instanceof SessionNotFoundError)) this.log.workspaceNotMeasured(session.id, thrown);
    }
  }
}
