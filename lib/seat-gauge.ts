import pTimeout from 'p-timeout';
import type { Identity } from './identity.ts';
import { LIMIT_SCOPES, usageUnder, type Limits, type LimitScope } from './limits.ts';
import type { MetricLines } from './metrics/metric-lines.ts';
import type { SessionStore } from './store/session-store.ts';

/** Whoever measures goes on after this, with or without (ms). */
const MEASURE_MS = 1_000;

/** Looks how full the limits are and sends it as metrics. Never fails, and reads nothing where metrics are off. */
export class SeatGauge {
  private readonly store: SessionStore;
  private readonly metrics: MetricLines;
  private readonly limits: Limits;

  constructor(store: SessionStore, metrics: MetricLines, limits: Limits) {
    this.store = store;
    this.metrics = metrics;
    this.limits = limits;
  }

  /** Beside a create: the scopes of its owner that have a limit. */
  async measure(owner: Identity): Promise<void> {
    await this.measureScopes(
      LIMIT_SCOPES.filter((scope) => this.limits[scope] > 0),
      owner,
    );
  }

  /** With a sweep, so that there is a measure also when nobody begins a session. */
  async measureAll(): Promise<void> {
    await this.measureScopes(['global'], { userId: '', orgId: '' });
  }

  private async measureScopes(scopes: LimitScope[], owner: Identity): Promise<void> {
    if (!this.metrics.isOn) return;
    const each = scopes.map(async (scope) => {
      const active = await this.store.countSeatsOf(scope, owner);
      this.metrics.seats(scope, usageUnder(this.limits[scope], active), owner);
    });
    try {
      await pTimeout(Promise.all(each), { milliseconds: MEASURE_MS });
    } catch (thrown) {
      this.metrics.failed(thrown);
    }
  }
}
