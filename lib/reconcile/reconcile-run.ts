import pMap from 'p-map';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { reconcileEffects } from './reconcile-audit.ts';
import { noDrift, sumOfDrift, type Drift, type DriftKind } from '../telemetry/audit/drift.ts';
import type { LogLines } from '../telemetry/log-lines.ts';

export interface ReconcileResult {
  drift: Drift;
  repaired: number;
  /** The time was up, something could not be read, or traffic prevented the judgement of a counter. */
  more: boolean;
}

/** What a caller requests of a run. */
export interface ReconcileRequest {
  repair: boolean;
  /** Aborts when the time is up. */
  signal: AbortSignal;
  /** Items in a page of the scan; if absent, as many as DynamoDB returns. */
  pageItems?: number | undefined;
}

/** Where a run reports. */
export interface ReconcileReports {
  audit: AuditLog;
  log: LogLines;
}

const AT_ONCE = 8;

/** One run: reports each difference immediately, and continues behind items that it cannot read. */
export class ReconcileRun {
  readonly pageItems: number | undefined;
  readonly result: ReconcileResult = { drift: noDrift(), repaired: 0, more: false };
  private readonly repair: boolean;
  private readonly signal: AbortSignal;
  private readonly reports: ReconcileReports;

  constructor({ repair, signal, pageItems }: ReconcileRequest, reports: ReconcileReports) {
    this.repair = repair;
    this.signal = signal;
    this.pageItems = pageItems;
    this.reports = reports;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  leaveRest(): void {
    this.result.more = true;
  }

  async found(kind: DriftKind, details: AuditDetails, putRight: () => Promise<boolean>): Promise<void> {
    const startedAt = performance.now();
    this.result.drift[kind]++;
    const repaired = this.repair && (await this.isDone(putRight));
    if (repaired) this.result.repaired++;
    const durationMs = Math.round(performance.now() - startedAt);
    await this.reports.audit.emit(
      reconcileEffects['drift.found'],
      { driftKind: kind, repaired, ...details },
      durationMs,
    );
  }

  /** The rest is looked at also where one cannot be. */
  async each<T>(items: T[], step: (item: T) => Promise<unknown>): Promise<void> {
    await pMap(items, (item) => this.attempt(() => step(item)), { concurrency: AT_ONCE });
  }

  /** Nothing if it throws, which the log says; another run is to look again. */
  async attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (thrown) {
      this.reports.log.driftNotLookedFor(thrown);
      this.leaveRest();
      return undefined;
    }
  }

  reportAll(): void {
    if (sumOfDrift(this.result.drift) > 0) this.reports.log.driftFound(this.result.drift, this.result.repaired);
  }

  private async isDone(putRight: () => Promise<boolean>): Promise<boolean> {
    return putRight().catch((thrown: unknown) => {
      this.reports.log.driftNotRepaired(thrown);
      return false;
    });
  }
}
