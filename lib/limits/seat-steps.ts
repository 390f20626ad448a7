import { freeIn, itemCountOf, seatsIn, sumOf, type SeatLayout } from './seat-layout.ts';

/** One change of how seats are spread, or of how many there are: one transaction, under the layout that it was made for. */
export type SeatStep =
  /** One item: it has this many seats, also if more are taken. */
  | { set: number }
  /** One item: the scope has no limit of its own any more. */
  | { clear: true }
  | { raiseBy: number }
  /** An item gives up free seats: `left` is its share after that. */
  | { lower: { item: number; by: number; left: number } }
  /** The last item goes into item 0, with what is taken of it. */
  | { merge: { item: number; active: number; seats: number } }
  /** Item 0 keeps `left` and shares the rest out to new items, from `from` on. */
  | { spread: { left: number; from: number; shares: number[] } }
  /** Free seats go from one item to another. */
  | { move: { from: number; to: number; seats: number; left: number } };

/**
 * The next step towards the wanted limit; nothing if it is reached, or if sessions must end first. While there are several
 * items, no step leaves an item with more seats taken than its share. So a debt is in a single item only, and ends of
 * sessions reduce it before any session is admitted.
 *
 *   no limit wanted       merge ──▶ … ──▶ clear
 *   more seats            raiseBy
 *   fewer                 lower ──▶ …, if that many are free; else merge ──▶ … ──▶ set
 *   fewer items           merge ──▶ …
 *   more items            spread, once there is no debt
 */
export function nextStep(layout: SeatLayout): SeatStep | undefined {
  const { wantedSeats } = layout.first;
  const wantedItems = itemCountOf(layout.first.wantedItems);
  const { length: count } = layout.items;
  if (wantedSeats === undefined) return undefined;
  if (wantedSeats === null) return count > 1 ? merge(layout) : clear(layout);
  const excess = seatsIn(layout) - wantedSeats;
  if (count === 1 && (excess !== 0 || layout.first.seats === undefined)) return { set: wantedSeats };
  if (excess < 0) return { raiseBy: -excess };
  if (excess > 0) return lower(layout, excess) ?? merge(layout);
  if (count > wantedItems) return merge(layout);
  return count < wantedItems ? spread(layout, wantedItems) : undefined;
}

const clear = ({ first }: SeatLayout): SeatStep | undefined =>
  first.seats === undefined ? undefined : { clear: true };

function merge({ items }: SeatLayout): SeatStep {
  const item = items.length - 1;
  return { merge: { item, ...(items[item] as SeatLayout['items'][number]) } };
}

/**
 * In proportion, so that items keep free seats where they can: a create that takes one makes the step fail. Not where
 * too few are free for all of it: sessions that begin and end would give such steps no end.
 */
function lower(layout: SeatLayout, excess: number): SeatStep | undefined {
  const free = freeIn(layout);
  const all = sumOf(free);
  if (all < excess) return undefined;
  const item = free.indexOf(Math.max(...free));
  const most = free[item] as number;
  const by = Math.min(excess, most, Math.ceil((most * excess) / all));
  return { lower: { item, by, left: (layout.items[item]?.seats ?? 0) - by } };
}

function spread(layout: SeatLayout, wantedItems: number): SeatStep | undefined {
  const [free = 0] = freeIn(layout);
  if (free < 0) return undefined;
  const from = layout.items.length;
  const share = Math.floor(free / (wantedItems - from + 1));
  const shares = Array.from({ length: wantedItems - from }, () => share);
  return { spread: { left: (layout.items[0]?.seats ?? 0) - sumOf(shares), from, shares } };
}

/** Evens out what is free, if an item has less than half of what it would have then. */
export function balancingStep(layout: SeatLayout): SeatStep | undefined {
  const free = freeIn(layout);
  const least = Math.min(...free);
  const most = Math.max(...free);
  if (most - least < 2 || 2 * least >= sumOf(free) / free.length) return undefined;
  const from = free.indexOf(most);
  const seats = Math.floor((most - least) / 2);
  return { move: { from, to: free.indexOf(least), seats, left: (layout.items[from]?.seats ?? 0) - seats } };
}
