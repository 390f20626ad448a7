import pTimeout from 'p-timeout';
import type { Identity, ScopeOwner } from '../identity.ts';
import { EVERYBODY, limitOwnersOf, type Usage } from './limit.ts';
import type { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import type { SeatStore } from './seat-store.ts';

/** Time limit of a read (ms): a create or a sweep does not wait longer for its metrics. */
const MEASURE_MS = 1_000;
/** How often a create sends this additional request (ms). */
const BESIDE_CREATES_EVERY_MS = 60_000;

/** Sends as metrics how full the limits are. Never fails, and reads nothing if metrics are off. */
export class SeatMetrics {
  private readonly seats: SeatStore;
  private readonly metrics: MetricLines;
  private readonly now: () => Date;
  private nextMs = 0;

  constructor(seats: SeatStore, metrics: MetricLines, now: () => Date) {
    this.seats = seats;
    this.metrics = metrics;
    this.now = now;
  }

  /** During a create, once a minute: the scopes of its owner that have a limit. */
  async measure(owner: Identity): Promise<void> {
    const nowMs = this.now().getTime();
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + BESIDE_CREATES_EVERY_MS;
    await this.measureScopes(limitOwnersOf(owner), ({ limit }) => limit !== null);
  }

  /** During a sweep, so that there is a value even without creates. */
  async measureAll(): Promise<void> {
    await this.measureScopes([EVERYBODY]);
  }

  private async measureScopes(owners: ScopeOwner[], isMeasured: (usage: Usage) => boolean = () => true): Promise<void> {
    if (!this.metrics.isOn) return;
    try {
      const usage = await pTimeout(this.seats.usage(owners), { milliseconds: MEASURE_MS });
      for (const [index, of] of owners.entries()) {
        const measured = usage[index];
        if (measured && isMeasured(measured)) this.metrics.seats(of.scope, measured, of);
      }
    } catch (thrown) {
      this.metrics.failed(thrown);
    }
  }
}
