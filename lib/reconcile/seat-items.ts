import type { LimitOwner } from '../limits.ts';
import type { StoredItem } from '../store/reconcile-store.ts';
import { seatsIdOf, seatsPlace } from '../store/seats-owner.ts';

interface ItemsSeen {
  of: LimitOwner;
  /** As item 0 says. */
  count: number;
  numbers: Set<number>;
}

/** What a pass through the table sees of the items that the seats of each scope are spread over. */
export class SeatItemsSeen {
  private readonly scopes = new Map<string, ItemsSeen>();

  add(items: StoredItem[]): void {
    for (const stored of items) {
      const place = seatsPlace(stored);
      if (!place) continue;
      const id = seatsIdOf(place.of);
      const scope = this.scopes.get(id) ?? { of: place.of, count: 1, numbers: new Set([0]) };
      if (place.item === 0) scope.count = stored.items ?? 1;
      scope.numbers.add(place.item);
      this.scopes.set(id, scope);
    }
  }

  /** May be odd only because seats were spread or merged during the pass. */
  suspects(): LimitOwner[] {
    const isOdd = ({ count, numbers }: ItemsSeen) => numbers.size !== count || Math.max(...numbers) !== count - 1;
    return [...this.scopes.values()].filter(isOdd).map(({ of }) => of);
  }
}
