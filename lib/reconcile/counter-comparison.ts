import { setTimeout } from 'node:timers/promises';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { ReconcileStore } from './reconcile-store.ts';
import type { SeatCorrectionStore, SeatSnapshot } from '../limits/seat-correction-store.ts';
import { CounterBounds } from './counter-bounds.ts';
import type { ReconcileRun } from './reconcile-run.ts';
import { SessionCount } from './seat-tally.ts';
import type { ScopeOwner } from '../identity.ts';

/** How often a scope is counted in which sessions begin or end during the count. */
const ATTEMPTS = 3;
/** Longer than the items of one transaction take to become visible after each other. */
const SETTLED_MS = 300;
/** How many are judged in one run: each needs memory. */
const MAX_JUDGED = 10_000;

/** Judges the counters of candidates by counts between two reads of the seats, and corrects them. */
export class CounterComparison {
  private readonly store: ReconcileStore;
  private readonly correction: SeatCorrectionStore;

  constructor(store: ReconcileStore, correction: SeatCorrectionStore) {
    this.store = store;
    this.correction = correction;
  }

  async compare(run: ReconcileRun, candidates: ScopeOwner[]): Promise<void> {
    let open = candidates.slice(0, MAX_JUDGED).map((of) => new CounterBounds(of));
    for (let attempt = 1; attempt <= ATTEMPTS && open.length > 0 && !run.isOver; attempt++) {
      await this.narrow(run, open);
      await run.each(
        open.filter(({ isExact }) => isExact),
        (bounds) => this.judge(run, bounds),
      );
      open = open.filter(({ isExact }) => !isExact);
    }
    await run.each(open, (bounds) => this.judge(run, bounds));
    if (open.length > 0 || candidates.length > MAX_JUDGED) run.leaveRest();
  }

  /** Leaves them as they are if the time is up before the end. */
  private async narrow(run: ReconcileRun, open: CounterBounds[]): Promise<void> {
    const before = await this.snapshots(run, open);
    await setTimeout(SETTLED_MS);
    const count = new SessionCount(open.map(({ of }) => of));
    let key: Record<string, string> | undefined;
    do {
      if (run.isOver) return;
      const page = await this.store.page(key, run.pageItems);
      count.add(page.items);
      key = page.cursor;
    } while (key);
    await setTimeout(SETTLED_MS);
    const after = await this.snapshots(run, open);
    for (const bounds of open) bounds.narrow(before.get(bounds), count.of(bounds.of), after.get(bounds));
  }

  private async snapshots(run: ReconcileRun, open: CounterBounds[]): Promise<Map<CounterBounds, SeatSnapshot>> {
    const found = new Map<CounterBounds, SeatSnapshot>();
    await run.each(open, async (bounds) => {
      const snapshot = run.isOver ? undefined : await this.correction.snapshot(bounds.of);
      if (snapshot) found.set(bounds, snapshot);
    });
    return found;
  }

  private async judge(run: ReconcileRun, bounds: CounterBounds): Promise<void> {
    const { of } = bounds;
    const verdict = bounds.verdict();
    if (!verdict) return;
    if (run.isOver) return run.leaveRest();
    const { snapshot, by } = verdict;
    const putRight = () => this.correction.correct(of, snapshot, by);
    if (by === 0) return run.found('seat-items', detailsOfOwner(of), putRight);
    // Of several items one may be below 0, and so may a damaged sum.
    const counted = { active: Math.max(0, snapshot.active), sessions: snapshot.active + by };
    await run.found('counter', { ...detailsOfOwner(of), ...counted }, putRight);
  }
}

export const detailsOfOwner = ({ scope, orgId, userId }: ScopeOwner): AuditDetails => ({
  limitScope: scope,
  ...(orgId && { orgId }),
  ...(userId && { userId }),
});
