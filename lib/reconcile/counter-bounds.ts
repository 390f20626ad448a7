import type { SeatSnapshot } from '../limits/seat-correction-store.ts';
import type { ScopeOwner } from '../identity.ts';

/**
 * By how much a counter says too much, as far as it is known: at least and at most. Between two looks at the seats `t`
 * were taken and `g` given back. Whoever counts the sessions meanwhile misses no more than `g` of those that were there at
 * the first look, and counts no more than `t` that were not. README.md of the store has the rest.
 */
export class CounterBounds {
  readonly of: ScopeOwner;
  private least = -Infinity;
  private most = Infinity;
  private last: SeatSnapshot | undefined;

  constructor(of: ScopeOwner) {
    this.of = of;
  }

  /** What several counts say holds together, since traffic does not change the difference. */
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

  /** The last look, where it says that something is wrong, and what is to be added for certain. */
  verdict(): { snapshot: SeatSnapshot; by: number } | undefined {
    const snapshot = this.last;
    if (!snapshot) return undefined;
    const by = this.least > 0 ? -this.least : Math.max(0, -this.most);
    return by !== 0 || isOverfull(snapshot) ? { snapshot, by } : undefined;
  }

  /** Somebody else may have put the counter right since. */
  private forget(): void {
    this.least = -Infinity;
    this.most = Infinity;
  }
}

const isSameLayout = (one: SeatSnapshot, other: SeatSnapshot): boolean =>
  one.layout.first.layout === other.layout.first.layout;

/** Of several items one has more taken than it has, which traffic never does. */
const isOverfull = ({ layout: { items } }: SeatSnapshot): boolean =>
  items.length > 1 && items.some(({ active, seats }) => active > seats);
