import type { DynamoTable } from '../table/dynamo-table.ts';
import {
  freeIn,
  itemCountOf,
  seatLayout,
  sumOf,
  type SeatLayout,
  type FirstSeatsItem,
  type SeatsTrace,
} from './seat-layout.ts';
import { layoutIsAsSeen, writesOfStep, IS_WITHIN_ITS_SHARE } from './seat-step-writes.ts';
import { seatsKey } from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import type { ScopeOwner } from '../identity.ts';

/** The seats of a scope at one moment. */
export interface SeatSnapshot {
  layout: SeatLayout;
  active: number;
  /** Seats ever taken in the items that there are: comparable between two of the same layout. */
  taken: number;
}

/** Corrects counters. seat-protocol.md argues why no create exceeds a limit during a correction. */
export class SeatCorrectionStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Nothing if the number of items changed while it looked. */
  async snapshot(of: ScopeOwner): Promise<SeatSnapshot | undefined> {
    const known = itemCountOf((await this.table.get<FirstSeatsItem>(seatsKey(of)))?.items);
    const keys = Array.from({ length: known }, (_, item) => seatsKey(of, item));
    const [first = {}, ...others] = await this.table.snapshot<FirstSeatsItem & SeatsTrace>(keys);
    if (itemCountOf(first.items) !== known) return undefined;
    const layout = seatLayout(
      first,
      others.map((item) => item ?? {}),
    );
    if (!layout) return undefined;
    const taken = [first, ...others].map((item) => item?.taken ?? 0);
    return { layout, active: sumOf(layout.items.map((item) => item.active)), taken: sumOf(taken) };
  }

  /**
   * Adds `by` to what is counted, if the layout is still as `snapshot` has it; each correction changes it, so that of two
   * only one counts. Of several items none is left with more than its share: where too few seats are free for that, items
   * are merged first.
   */
  async correct(of: ScopeOwner, { layout: seen }: SeatSnapshot, by: number): Promise<boolean> {
    let layout = seen;
    while (layout.items.length > 1 && sumOf(freeIn(layout)) < by) {
      const item = layout.items.length - 1;
      const { active = 0, seats = 0 } = layout.items[item] ?? {};
      if (await this.table.transact(writesOfStep(of, layout.first, { merge: { item, active, seats } }))) return false;
      const next = await this.snapshot(of);
      if (next?.layout.first.layout !== (layout.first.layout ?? 0) + 1) return false;
      layout = next.layout;
    }
    return (await this.table.transact(writesOf(of, layout, by))) === undefined;
  }
}

function writesOf(of: ScopeOwner, layout: SeatLayout, by: number): Record<string, Write> {
  const isSpread = layout.items.length > 1;
  const changes = isSpread ? changesOver(layout, by) : [by];
  const writes = changes.map((change, item): [string, Write] => {
    const left = isSpread ? (layout.items[item]?.seats ?? 0) - change : undefined;
    return [`item${item}`, item === 0 ? addToFirst(of, layout.first, change, left) : addTo(of, item, change, left)];
  });
  return Object.fromEntries(writes.filter(([name], item) => name === 'item0' || changes[item] !== 0));
}

/** `by` over several items: first away with what is taken beyond a share, then the rest to where there is room for it. */
function changesOver(layout: SeatLayout, by: number): number[] {
  const free = freeIn(layout);
  const back = free.map((seats) => Math.min(0, seats));
  const rest = by - sumOf(back);
  const room = rest > 0 ? free : layout.items.map(({ active }, item) => active + (back[item] as number));
  return sharesOf(room, Math.abs(rest)).map((share, item) => (back[item] as number) + Math.sign(rest) * share);
}

/** `all` over items, to none more than it has room for. */
function sharesOf(room: number[], all: number): number[] {
  let left = all;
  return room.map((most) => {
    const share = Math.min(Math.max(0, most), left);
    left -= share;
    return share;
  });
}

function addToFirst(of: ScopeOwner, seen: FirstSeatsItem, by: number, left: number | undefined): Write {
  const isAsSeen = layoutIsAsSeen(seen);
  return {
    Update: {
      Key: seatsKey(of),
      UpdateExpression: 'ADD active :by, layout :one',
      ConditionExpression: left === undefined ? isAsSeen : `${isAsSeen} AND ${IS_WITHIN_ITS_SHARE}`,
      ExpressionAttributeValues: { ':by': by, ':one': 1, ':layout': seen.layout, ':left': left },
    },
  };
}

const addTo = (of: ScopeOwner, item: number, by: number, left: number | undefined): Write => ({
  Update: {
    Key: seatsKey(of, item),
    UpdateExpression: 'ADD active :by',
    ConditionExpression: IS_WITHIN_ITS_SHARE,
    ExpressionAttributeValues: { ':by': by, ':left': left },
  },
});
