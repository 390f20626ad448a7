import type { Protocol } from './seat-rules.ts';
import { seatsOf, type Change, type SeatItem, type SeatTable } from './seat-table.ts';

/** Every change that a changer may plan from what it has read: the items that are there, item 0 first. */
export function* plansFor(read: readonly SeatItem[], most: SeatBounds, protocol: Protocol): Generator<Change> {
  const stale = false;
  const [first, ...others] = read as [SeatItem, ...SeatItem[]];
  const shares = read.map(seatsOf);
  const limit = sum(shares);
  const limits = Array.from({ length: most.limit + 1 }, (_, value) => value).filter((value) => value !== limit);
  const count = read.length;

  if (count === 1 || !protocol.has('a debt is made with one item only')) {
    const elsewhere = sum(others.map(seatsOf));
    for (const value of limits) yield { kind: 'set', seats: value - elsewhere, limit: value, stale };
  }
  if (first.seats === undefined) return;
  if (count === 1) yield { kind: 'remove', stale };
  if (count > 1) {
    for (const value of limits.filter((wanted) => wanted > limit)) {
      yield { kind: 'raise', by: value - limit, limit: value, stale };
    }
    for (const lowered of sharesWithin(read)) {
      const value = sum(lowered);
      if (value >= limit || value < 0) continue;
      const changed = lowered.map((share, item) => (share === shares[item] ? undefined : share));
      yield { kind: 'lower', shares: changed, limit: value, stale };
    }
    const { active, seats } = read[count - 1] as Required<SeatItem>;
    yield { kind: 'merge', last: count - 1, active, seats: seats as number, stale };
  }
  if (count < most.items) {
    for (let share = 0; first.active <= first.seats - share && share <= limit; share++) {
      yield { kind: 'add', item: count, share, seats: first.seats, stale };
    }
  }
  for (const [from, { active, seats = 0 }] of read.entries()) {
    for (let by = 1; active <= seats - by; by++) {
      for (let to = 0; to < count; to++) if (to !== from) yield { kind: 'move', from, to, by, seats, stale };
    }
  }
}

export interface SeatBounds {
  items: number;
  limit: number;
}

/** All shares between what is in use and what there is. */
function sharesWithin([item, ...others]: readonly SeatItem[]): number[][] {
  if (item === undefined) return [[]];
  const rest = sharesWithin(others);
  const ways: number[][] = [];
  for (let share = item.active; share <= seatsOf(item); share++) for (const more of rest) ways.push([share, ...more]);
  return ways;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The items that item 0 says there are. */
export const itemsOf = ({ items, count }: SeatTable): (SeatItem | undefined)[] => items.slice(0, count);
