import { MAX_SEAT_ITEMS, UNLIMITED, type Usage } from './limit.ts';

/** One of the items that a scope's seats are spread over. */
export interface SeatsItem {
  /** Seats taken here less those given back here; may be below 0 where there are several items. */
  active?: number;
  /** This item's share of the limit. Item 0 without one: the scope has no limit of its own. */
  seats?: number;
}

/** With `active` it shows how many seats were taken and given back between two reads of an item. */
export interface SeatsTrace {
  /** Seats ever taken here. */
  taken?: number;
}

/** Item 0 says how the seats are spread, and how they are to be. */
export interface FirstSeatsItem extends SeatsItem {
  /** How many items there are; absent = 1. */
  items?: number;
  /** Grows with every change of `seats`, `items` and what is wanted, in whichever item; never by taking a seat. */
  layout?: number;
  /** What the limit is to be; `null`: none of its own. Absent: nothing was ever wanted. */
  wantedSeats?: number | null;
  wantedItems?: number;
}

/** The seats of a scope at one moment: what item 0 says, and all items, item 0 first. */
export interface SeatLayout {
  first: FirstSeatsItem;
  items: readonly Required<SeatsItem>[];
}

/** A number of items within the bounds, whatever the table contains: no read asks DynamoDB for more than there can be. */
export function itemCountOf(items: number | undefined): number {
  return Math.min(Math.max(Math.trunc(Number(items)) || 1, 1), MAX_SEAT_ITEMS);
}

/** `undefined` if there are more items than were read. */
export function seatLayout(first: FirstSeatsItem, others: readonly SeatsItem[]): SeatLayout | undefined {
  const count = itemCountOf(first.items);
  if (others.length < count - 1) return undefined;
  const items = [first, ...others.slice(0, count - 1)];
  return { first, items: items.map(({ active = 0, seats = 0 }) => ({ active, seats })) };
}

export const seatsIn = ({ items }: SeatLayout): number => sumOf(items.map(({ seats }) => seats));

/** How many seats each item has to give; below 0 where the limit was lowered below what is taken. */
export const freeIn = ({ items }: SeatLayout): number[] => items.map(({ active, seats }) => seats - active);

/** `preset`: the limit of scopes that have none of their own; 0 = none. */
export function usageOfLayout(layout: SeatLayout, preset: number): Usage {
  const active = sumOf(layout.items.map((item) => item.active));
  if (layout.first.seats === undefined) return { active, limit: preset === 0 ? null : preset };
  const seats = seatsIn(layout);
  return { active, limit: seats >= UNLIMITED ? null : seats };
}

export const sumOf = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0);
