import { UNLIMITED, type Usage } from './limit.ts';
import type { FirstSeatsItem, SeatsItem } from '../table/keys.ts';

/** The seats of a scope as one moment has them: what item 0 says, and all items, item 0 first. */
export interface SeatLayout {
  first: FirstSeatsItem;
  items: readonly Required<SeatsItem>[];
}

/** `undefined` if there are more items than were looked at. */
export function seatLayout(first: FirstSeatsItem, others: readonly SeatsItem[]): SeatLayout | undefined {
  const count = first.items ?? 1;
  if (others.length < count - 1) return undefined;
  const items = [first, ...others.slice(0, count - 1)];
  return { first, items: items.map(({ active = 0, seats = 0 }) => ({ active, seats })) };
}

export const seatsIn = ({ items }: SeatLayout): number => sumOf(items.map(({ seats }) => seats));

/** How many seats each item has to give; below 0 where the limit was lowered below what is taken. */
export const freeIn = ({ items }: SeatLayout): number[] => items.map(({ active, seats }) => seats - active);

/** `preset`: the limit of scopes that have none of their own; 0 = none. */
export function usageIn(layout: SeatLayout, preset: number): Usage {
  const active = sumOf(layout.items.map((item) => item.active));
  if (layout.first.seats === undefined) return { active, limit: preset === 0 ? null : preset };
  const seats = seatsIn(layout);
  return { active, limit: seats >= UNLIMITED ? null : seats };
}

export const sumOf = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0);
