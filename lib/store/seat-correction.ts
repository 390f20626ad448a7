import type { LimitOwner } from '../limits.ts';
import type { DynamoTable, Write } from './dynamo-table.ts';
import { freeIn, seatLayout, sumOf, type SeatLayout } from './seat-layout.ts';
import { layoutIsAsSeen, writesOfStep } from './seat-step-writes.ts';
import { seatsKey, type FirstSeatsItem, type SeatsTrace } from './table-schema.ts';

/** The seats of a scope at one moment. Two that have the same `trace` saw nothing taken, given back or moved in between. */
export interface SeatWitness {
  layout: SeatLayout;
  trace: string;
}

const STAYS_BELOW_ITS_SHARE = 'active <= :left';

/** Puts counters right. README.md argues why nobody is let in too many meanwhile. */
export class SeatCorrection {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Nothing if the number of items changed while it looked. */
  async witness(of: LimitOwner): Promise<SeatWitness | undefined> {
    const known = (await this.table.get<FirstSeatsItem>(seatsKey(of)))?.items ?? 1;
    const keys = Array.from({ length: known }, (_, item) => seatsKey(of, item));
    const [first = {}, ...others] = await this.table.snapshot<FirstSeatsItem & SeatsTrace>(keys);
    if ((first.items ?? 1) !== known) return undefined;
    const items = [first, ...others].map((item = {}) => [item.active ?? 0, item.seats, item.taken ?? 0]);
    const layout = seatLayout(
      first,
      others.map((item) => item ?? {}),
    );
    return layout && { layout, trace: JSON.stringify([first.layout, items]) };
  }

  /**
   * Adds `by` to what is counted, if the layout is still as `witness` has it; each correction changes it, so that of two
   * only one counts. With several items none gets more than its share: where too few seats are free, items are merged first.
   */
  async correct(of: LimitOwner, { layout: seen }: SeatWitness, by: number): Promise<boolean> {
    let layout = seen;
    while (by > 0 && layout.items.length > 1 && sumOf(freeIn(layout)) < by) {
      const item = layout.items.length - 1;
      const { active = 0, seats = 0 } = layout.items[item] ?? {};
      if (await this.table.transact(writesOfStep(of, layout.first, { merge: { item, active, seats } }))) return false;
      const next = await this.witness(of);
      if (next?.layout.first.layout !== (layout.first.layout ?? 0) + 1) return false;
      layout = next.layout;
    }
    return (await this.table.transact(writesOf(of, layout, by))) === undefined;
  }
}

function writesOf(of: LimitOwner, layout: SeatLayout, by: number): Record<string, Write> {
  const isShared = by > 0 && layout.items.length > 1;
  const shares = isShared ? sharesOf(freeIn(layout), by) : [by];
  const writes = shares.map((share, item): [string, Write] => {
    const left = isShared ? (layout.items[item]?.seats ?? 0) - share : undefined;
    return [`item${item}`, item === 0 ? addToFirst(of, layout.first, share, left) : addTo(of, item, share, left)];
  });
  return Object.fromEntries(writes.filter(([name], item) => name === 'item0' || shares[item] !== 0));
}

/** `by` over items, to none more than it has free. */
function sharesOf(free: number[], by: number): number[] {
  let left = by;
  return free.map((seats) => {
    const share = Math.min(Math.max(0, seats), left);
    left -= share;
    return share;
  });
}

function addToFirst(of: LimitOwner, seen: FirstSeatsItem, by: number, left: number | undefined): Write {
  const isAsSeen = layoutIsAsSeen(seen);
  return {
    Update: {
      Key: seatsKey(of),
      UpdateExpression: 'ADD active :by, layout :one',
      ConditionExpression: left === undefined ? isAsSeen : `${isAsSeen} AND ${STAYS_BELOW_ITS_SHARE}`,
      ExpressionAttributeValues: { ':by': by, ':one': 1, ':layout': seen.layout, ':left': left },
    },
  };
}

const addTo = (of: LimitOwner, item: number, by: number, left: number | undefined): Write => ({
  Update: {
    Key: seatsKey(of, item),
    UpdateExpression: 'ADD active :by',
    ConditionExpression: STAYS_BELOW_ITS_SHARE,
    ExpressionAttributeValues: { ':by': by, ':left': left },
  },
});
