import { WorkspaceFullError } from './file-errors.ts';
import type { MeasuredItem, WorkspaceUsage, WorkspaceUsageStore } from './workspace-usage-store.ts';
import type { Quota } from './workspace-files.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { WorkspaceMeasuring } from './workspace-measuring.ts';

/** How old (ms) the measurement of a refusal may be. */
const FRESH_MS = 5_000;
/** Files that agents write are found after this time (ms), and later if measuring takes long. */
const STALE_MS = 60_000;
/** At most one twentieth of the time goes into measuring. */
const MEASURE_SHARE = 20;
/** How long one call measures (ms); the next goes on from there. */
const STEP_MS = 8_000;
const STEP_BEFORE_WRITE_MS = 3_000;

export interface WorkspaceQuotaUses {
  /** In bytes; 0 is none. */
  readonly limit: number;
  readonly usage: WorkspaceUsageStore;
  readonly measuring: WorkspaceMeasuring;
  readonly now: () => Date;
}

/**
 * The quota of a session's workspace. A conditional write counts what the API writes before it is published, so concurrent
 * callers stay within the limit. What agents write is found by measuring. A measurement may miss a write that runs at the
 * same time; the next one finds it.
 */
export class WorkspaceQuota implements Quota {
  readonly limit: number;
  private readonly uses: WorkspaceQuotaUses;
  private readonly session: SessionItem;

  constructor(uses: WorkspaceQuotaUses, session: SessionItem) {
    this.uses = uses;
    this.session = session;
    this.limit = uses.limit;
  }

  /** Measured now, unless that took long and was done a moment ago. */
  async usage(): Promise<WorkspaceUsage> {
    const usage = await this.measured(0, STEP_MS);
    return { ...usage, bytes: Math.max(0, usage.bytes) };
  }

  async check(added: number): Promise<void> {
    if (this.limit === 0 || added <= 0) return;
    const isFull = ({ bytes }: WorkspaceUsage) => bytes + added > this.limit;
    if (!isFull(await this.measured(STALE_MS, STEP_BEFORE_WRITE_MS))) return;
    // The agent may have removed files since.
    const now = await this.measured(FRESH_MS, STEP_BEFORE_WRITE_MS);
    if (isFull(now)) throw this.full(now.bytes);
  }

  async take(added: number): Promise<void> {
    if (this.limit === 0) return;
    if (added <= 0) return this.giveBack(-added);
    const refusedAt = await this.uses.usage.take(this.session.id, added, this.limit, this.uses.now());
    if (refusedAt !== undefined) throw this.full(refusedAt);
  }

  async giveBack(bytes: number): Promise<void> {
    if (this.limit === 0 || bytes === 0) return;
    // The next measurement corrects it.
    await this.uses.usage.add(this.session.id, -bytes).catch(() => undefined);
  }

  private full(bytes: number): WorkspaceFullError {
    return new WorkspaceFullError({ limit: this.limit, bytes: Math.max(0, bytes) });
  }

  private async measured(maxAgeMs: number, stepMs: number): Promise<WorkspaceUsage> {
    const { usage, measuring, now } = this.uses;
    const stored = await usage.get(this.session.id);
    if (stored && isYoung(stored, now(), maxAgeMs)) return usageOf(stored, true);
    const found = await measuring.step(this.session, stored, AbortSignal.timeout(stepMs));
    if (found.complete || found.unreadable !== undefined) {
      const counted = await usage.get(this.session.id);
      if (found.complete || !counted?.measuring) return { ...found, bytes: counted?.bytes ?? found.bytes };
    }
    // What is known for sure: the last whole measurement, or this one if it has already come further.
    return stored && hasBeenMeasured(stored) && stored.bytes >= found.bytes ? usageOf(stored, false) : found;
  }
}

type Measured = MeasuredItem & { measuredAt: string };

const hasBeenMeasured = (item: MeasuredItem): item is Measured => item.measuredAt !== undefined;

const usageOf = ({ bytes, files, measuredAt, unreadable }: Measured, isDone: boolean): WorkspaceUsage => ({
  bytes,
  files,
  measuredAt,
  complete: isDone && unreadable === undefined,
  ...(unreadable !== undefined && { unreadable }),
});

function isYoung(item: MeasuredItem, now: Date, maxAgeMs: number): item is Measured {
  if (!hasBeenMeasured(item) || item.measuring !== undefined) return false;
  return now.getTime() - Date.parse(item.measuredAt) < Math.max(maxAgeMs, item.tookMs * MEASURE_SHARE);
}
