import pTimeout from 'p-timeout';
import type { Identity, ScopeOwner } from '../identity.ts';
import { EVERYBODY, limitOwnersOf, type Usage } from './limit.ts';
import type { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import type { SeatStore } from './seat-store.ts';

/** Whoever measures goes on after this, with or without (ms). */
const MEASURE_MS = 1_000;
/** A create is one request; one in a while pays for another that measures (ms). */
const BESIDE_CREATES_EVERY_MS = 60_000;

/** Looks how full the limits are and sends it as metrics. Never fails, and reads nothing where metrics are off. */
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

  /** Beside a create, once a minute: the scopes of its owner that have a limit. */
  async measure(owner: Identity): Promise<void> {
    const nowMs = this.now().getTime();
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + BESIDE_CREATES_EVERY_MS;
    await this.measureScopes(limitOwnersOf(owner), ({ limit }) => limit !== null);
  }

  /** With a sweep, so that there is a measure also when nobody begins a session. */
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
