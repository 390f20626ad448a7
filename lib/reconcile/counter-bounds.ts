import type { SeatSnapshot } from '../limits/seat-correction-store.ts';
import type { ScopeOwner } from '../identity.ts';

/**
 * By how much a counter is too high, as far as it is known: at least and at most. Between two reads of the seats `t` were
 * taken and `g` given back. A count of the sessions between the reads misses at most `g` that existed at the first read, and
 * includes at most `t` that did not. lib/limits/seat-protocol.md has the rest.
 */
export class CounterBounds {
  readonly of: ScopeOwner;
  private least = -Infinity;
  private most = Infinity;
  private last: SeatSnapshot | undefined;

  constructor(of: ScopeOwner) {
    this.of = of;
  }

  /** The results of several counts apply together, because traffic does not change the difference. */
  narrow(before: SeatSnapshot | undefined, sessions: number, after: SeatSnapshot | undefined): void {
    if (!before || !after || !isSameLayout(before, after)) return;
    const taken = after.taken - before.taken;
    const given = taken - (after.active - before.active);
    if (taken < 0 || given < 0) return;
    if (this.last && !isSameLayout(this.last, before)) this.forget();
    this.least = Math.max(this.least, before.active - sessions - given);
    this.most = Math.min(this.most, before.active - sessions + taken);
    this.last = after;
  }

  get isExact(): boolean {
    return this.least === this.most;
  }

  /** The last snapshot, if it is wrong, and the amount that is certain. */
  verdict(): { snapshot: SeatSnapshot; by: number } | undefined {
    const snapshot = this.last;
    if (!snapshot) return undefined;
    const by = this.least > 0 ? -this.least : Math.max(0, -this.most);
    return by !== 0 || isOverfull(snapshot) ? { snapshot, by } : undefined;
  }

  /** Another process may have corrected the counter since. */
  private forget(): void {
    this.least = -Infinity;
    this.most = Infinity;
  }
}

const isSameLayout = (one: SeatSnapshot, other: SeatSnapshot): boolean =>
  one.layout.first.layout === other.layout.first.layout;

/** One of several items has more seats taken than its share, which traffic never causes. */
const isOverfull = ({ layout: { items } }: SeatSnapshot): boolean =>
  items.length > 1 && items.some(({ active, seats }) => active > seats);
