import { limitOwnersOf, MAX_SEAT_ITEMS } from '../limits/limit.ts';
import { itemCountOf } from '../limits/seat-layout.ts';
import type { StoredItem } from './reconcile-store.ts';
import { seatsIdOf, seatsOwner, seatsPlace } from '../table/seats-owner.ts';
import { isSessionKey } from '../table/keys.ts';
import type { ScopeOwner } from '../identity.ts';
import type { SessionItem } from '../table/session-item.ts';

/** The items of a scope that has several. */
interface SpreadSeats {
  /** As item 0 says. */
  count: number;
  /** The sum of 2 to the number of each item that was seen. */
  seen: number;
  /** One of them has more seats taken than its share. */
  isOverfull: boolean;
}

/** Scopes that look wrong; some may only have changed during the pass. */
interface SeatCandidates {
  /** Scopes with more or fewer items than they should have. */
  items: ScopeOwner[];
  counters: ScopeOwner[];
}

/**
 * What a pass through the table sees of seats. For memory it keeps numbers, and only of scopes that do not fit so far: a
 * user's are forgotten as soon as both the sessions and the item that counts them were seen.
 */
export class SeatTally {
  /** Sessions less what is counted. */
  private readonly differences = new Map<string, number>();
  private readonly spread = new Map<string, SpreadSeats>();

  add(items: StoredItem[]): void {
    for (const item of items) {
      if (isSessionKey(item)) {
        for (const of of limitOwnersOf(item as SessionItem)) this.differ(seatsIdOf(of), 1);
        continue;
      }
      const place = seatsPlace(item);
      if (!place) continue;
      const id = seatsIdOf(place.of);
      this.differ(id, -(item.active ?? 0));
      if (place.item > 0 || itemCountOf(item.items) > 1) this.addToSpread(id, place.item, item);
    }
  }

  candidates(): SeatCandidates {
    const items = [...this.spread].filter(([, { count, seen }]) => seen !== 2 ** count - 1);
    const overfull = [...this.spread].filter(([, { isOverfull }]) => isOverfull);
    return {
      items: items.map(([id]) => seatsOwner(id)),
      counters: [...new Set([...this.differences.keys(), ...overfull.map(([id]) => id)])].map(seatsOwner),
    };
  }

  private differ(id: string, by: number): void {
    const difference = (this.differences.get(id) ?? 0) + by;
    if (difference === 0) this.differences.delete(id);
    else this.differences.set(id, difference);
  }

  private addToSpread(id: string, item: number, { active = 0, seats = 0, items }: StoredItem): void {
    if (item >= MAX_SEAT_ITEMS) return;
    // Item 0 of a scope that only seems to be spread is not seen here.
    const scope = this.spread.get(id) ?? { count: 1, seen: 1, isOverfull: false };
    if (item === 0) scope.count = itemCountOf(items);
    else scope.seen += 2 ** item;
    scope.isOverfull ||= active > seats;
    this.spread.set(id, scope);
  }
}

/** Counts the sessions of some scopes. */
export class SessionCount {
  private readonly counts: Map<string, number>;

  constructor(owners: ScopeOwner[]) {
    this.counts = new Map(owners.map((of) => [seatsIdOf(of), 0]));
  }

  add(items: StoredItem[]): void {
    for (const item of items) {
      if (!isSessionKey(item)) continue;
      for (const of of limitOwnersOf(item as SessionItem)) {
        const count = this.counts.get(seatsIdOf(of));
        if (count !== undefined) this.counts.set(seatsIdOf(of), count + 1);
      }
    }
  }

  of(owner: ScopeOwner): number {
    return this.counts.get(seatsIdOf(owner)) ?? 0;
  }
}
