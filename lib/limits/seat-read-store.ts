import type { DynamoTable } from '../table/dynamo-table.ts';
import type { SeatHints } from './seat-hints.ts';
import { itemCountOf, seatLayout, type SeatLayout, type FirstSeatsItem, type SeatsItem } from './seat-layout.ts';
import { seatsKey, type Key } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import type { ScopeOwner } from '../identity.ts';

/** What one moment has: the seats of scopes, in their order, and the other items that were asked for with them. */
export interface SeatSnapshot {
  layouts: SeatLayout[];
  others: (object | undefined)[];
}

/** A scope and the keys of as many of its items as are known of, item 0 first. */
interface Wanted {
  of: ScopeOwner;
  keys: Key[];
}

/** Reads seats, with one request where it is known over how many items they are spread. */
export class SeatReadStore {
  private readonly table: DynamoTable;
  private readonly hints: SeatHints;

  constructor(table: DynamoTable, hints: SeatHints) {
    this.table = table;
    this.hints = hints;
  }

  /** Each scope as one moment has it; all of them as the same one only where there are several items. */
  async layouts(owners: ScopeOwner[]): Promise<SeatLayout[]> {
    return withRetries(async () => {
      const wanted = this.wanted(owners);
      const hasOneEach = wanted.every(({ keys }) => keys.length === 1);
      const layouts = hasOneEach && this.complete(wanted, await this.itemsOf(wanted.flatMap(({ keys }) => keys)));
      return layouts || (await this.snapshotOnce(owners)).layouts;
    });
  }

  /** One attempt. Throws `Contended` when it has to be made again. */
  async snapshotOnce(owners: ScopeOwner[], others: Key[] = []): Promise<SeatSnapshot> {
    const wanted = this.wanted(owners);
    const keys = wanted.flatMap((each) => each.keys);
    const found = await this.table.snapshotOnce<SeatsItem>([...keys, ...others]);
    const layouts = this.complete(wanted, found);
    if (!layouts) throw new Contended('the seats are spread over more items than were looked at');
    return { layouts, others: found.slice(keys.length) };
  }

  /**
   * Enough to plan a step by: item 0, and after it the others. Each may be of another moment, but none of an older layout
   * than item 0, and a layout that is older than the one in force makes the step fail. Unlike a snapshot it meets no
   * transaction, so traffic cannot prevent a change. Throws `Contended` if items disappeared between the reads.
   */
  async layoutForStep(of: ScopeOwner): Promise<SeatLayout> {
    const first = (await this.table.get<FirstSeatsItem>(seatsKey(of))) ?? {};
    const others = Array.from({ length: itemCountOf(first.items) - 1 }, (_, index) => seatsKey(of, index + 1));
    const found = await this.itemsOf(others);
    const layout = seatLayout(
      first,
      found.filter((item) => item !== undefined),
    );
    if (!layout) throw new Contended('the seats have changed');
    this.hints.remember(of, layout);
    return layout;
  }

  /** Throws `Contended` if shares have changed since the layout was read: then it has those of more than one moment. */
  async checkUnchanged(of: ScopeOwner, { first, items }: SeatLayout): Promise<void> {
    if (items.length === 1) return;
    const now = await this.table.get<FirstSeatsItem>(seatsKey(of));
    if (now?.layout !== first.layout) throw new Contended('the seats have changed');
  }

  /** After a conflict on items 0: there may be further items. */
  async rememberItems(owners: ScopeOwner[]): Promise<void> {
    const unknown = owners.filter((of) => !this.hints.knows(of));
    if (unknown.length === 0) return;
    const found = await this.itemsOf(unknown.map((of) => seatsKey(of)));
    for (const [index, of] of unknown.entries()) {
      this.hints.rememberItems(of, itemCountOf(found[index]?.items));
    }
  }

  private wanted(owners: ScopeOwner[]): Wanted[] {
    return owners.map((of) => {
      const count = this.hints.itemsOf(of);
      return { of, keys: Array.from({ length: count }, (_, item) => seatsKey(of, item)) };
    });
  }

  /** Not of one moment. */
  private async itemsOf(keys: Key[]): Promise<(FirstSeatsItem | undefined)[]> {
    const [key] = keys;
    if (keys.length === 1 && key) return [await this.table.get<FirstSeatsItem>(key)];
    const found = await this.table.getAll<FirstSeatsItem & Key>(keys);
    return keys.map(({ pk }) => found.find((item) => item.pk === pk));
  }

  /** `undefined` where items are missing: how many there are is known then, and the next attempt finds them. */
  private complete(wanted: Wanted[], found: (SeatsItem | undefined)[]): SeatLayout[] | undefined {
    let from = 0;
    const layouts = wanted.flatMap(({ of, keys }) => {
      const items = found.slice(from, (from += keys.length)).map((item) => item ?? {});
      const [first = {}, ...others] = items as [FirstSeatsItem?, ...SeatsItem[]];
      const layout = seatLayout(first, others);
      if (!layout) this.hints.rememberItems(of, itemCountOf(first.items));
      else this.hints.remember(of, layout);
      return layout ?? [];
    });
    return layouts.length === wanted.length ? layouts : undefined;
  }
}
