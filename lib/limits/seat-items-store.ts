import { MAX_SEAT_ITEMS } from './limit.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { addItem, replaceFirst } from './seat-step-writes.ts';
import { seatsKey } from '../table/keys.ts';
import type { ScopeOwner } from '../identity.ts';
import { itemCountOf, type FirstSeatsItem, type SeatsItem } from './seat-layout.ts';

/** Items of a scope that do not fit to what its item 0 says: not there, or beyond those that count. */
export interface InconsistentSeatItems {
  first: FirstSeatsItem;
  missing: number[];
  stray: number[];
}

const CLOSE = 'SET seats = :none, wantedSeats = :none, active = if_not_exists(active, :none)';

/** Puts the items right that the seats of a scope are spread over, which is before its counter can be judged. */
export class SeatItemsStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** As one moment has them; nothing if all fit. */
  async inconsistentItems(of: ScopeOwner): Promise<InconsistentSeatItems | undefined> {
    const keys = Array.from({ length: MAX_SEAT_ITEMS }, (_, item) => seatsKey(of, item));
    const found = await this.table.snapshot<SeatsItem>(keys);
    const first: FirstSeatsItem = found[0] ?? {};
    const count = itemCountOf(first.items);
    const numbers = [...found.keys()].slice(1);
    const missing = numbers.filter((item) => item < count && !found[item]);
    const stray = numbers.filter((item) => item >= count && found[item]);
    return missing.length + stray.length > 0 ? { first, missing, stray } : undefined;
  }

  /**
   * Corrects all items, if the layout is still the one that was read. A missing item comes back without seats; the next
   * step towards the wanted limit gives it some. If item 0 was lost, the others prove that there was a limit: no session is
   * admitted until the limit is put again.
   */
  async correct(of: ScopeOwner, { first, missing, stray }: InconsistentSeatItems): Promise<boolean> {
    const refusal = await this.table.transact({
      first: first.seats === undefined ? replaceFirst(of, first, CLOSE, { ':none': 0 }) : replaceFirst(of, first),
      ...Object.fromEntries(missing.map((item) => [`item${item}`, addItem(of, item, 0)])),
      ...Object.fromEntries(stray.map((item) => [`item${item}`, { Delete: { Key: seatsKey(of, item) } }])),
    });
    return refusal === undefined;
  }
}
