import { describe, expect, test } from '@jest/globals';
import type { ScopeOwner } from '../../lib/identity.ts';
import { SeatHints } from '../../lib/limits/seat-hints.ts';
import {
  freeIn,
  itemCountOf,
  seatLayout,
  seatsIn,
  usageOfLayout,
  type SeatLayout,
} from '../../lib/limits/seat-layout.ts';
import { MAX_SEAT_ITEMS, UNLIMITED } from '../../lib/limits/limit.ts';

const OF: ScopeOwner = { scope: 'org', orgId: 'acme', userId: 'ada' };
const OTHER: ScopeOwner = { ...OF, orgId: 'other' };
const LAYOUT: SeatLayout = {
  first: { items: 3, seats: 5 },
  items: [
    { active: 5, seats: 5 },
    { active: 4, seats: 2 },
    { active: 1, seats: 4 },
  ],
};
const hintsThatDraw = (drawn: number) => new SeatHints(() => drawn);

describe('where a create takes a seat', () => {
  test('is item 0 where nothing is known', () => {
    expect(hintsThatDraw(0.99).itemToTakeFrom(OF)).toBe(0);
    expect(hintsThatDraw(0.99).itemToGiveTo(OF)).toBe(0);
  });

  test('is where seats were free, in proportion, and never where more are taken than there are', () => {
    const free: SeatLayout = {
      ...LAYOUT,
      items: [
        { active: 0, seats: 1 },
        { active: 3, seats: 1 },
        { active: 0, seats: 3 },
      ],
    };
    const drawn = [0, 0.24, 0.25, 0.99].map((random) => {
      const hints = hintsThatDraw(random);
      hints.remember(OF, free);
      return hints.itemToTakeFrom(OF);
    });
    expect(drawn).toEqual([0, 0, 2, 2]);
  });

  test('is any of them where all were full, and each of them where only their number is known', () => {
    const full = hintsThatDraw(0.5);
    full.remember(OF, { ...LAYOUT, items: LAYOUT.items.map(() => ({ active: 1, seats: 1 })) });
    expect(full.itemToTakeFrom(OF)).toBe(1);
    const counted = hintsThatDraw(0.99);
    counted.rememberItems(OF, 4);
    expect([counted.itemToTakeFrom(OF), counted.itemToGiveTo(OF), counted.itemsOf(OF)]).toEqual([3, 3, 4]);
  });
});

describe('what is known of a scope', () => {
  test('stays where the number of items is the same, and goes where it is another one or is forgotten', () => {
    const hints = hintsThatDraw(0);
    expect(hints.knows(OF)).toBe(false);
    hints.rememberItems(OF, 1);
    expect(hints.knows(OF)).toBe(true);
    hints.remember(OF, LAYOUT);
    hints.rememberItems(OF, 3);
    expect(hints.itemToTakeFrom(OF)).toBe(2);
    hints.rememberItems(OF, 2);
    expect([hints.itemsOf(OF), hints.itemToTakeFrom(OF)]).toEqual([2, 0]);
    hints.forget(OF);
    expect([hints.knows(OF), hints.itemsOf(OF)]).toEqual([false, 1]);
  });

  test('is known of no other', () => {
    const hints = hintsThatDraw(0);
    hints.remember(OF, LAYOUT);
    hints.wasFull(OF);
    expect([hints.wasFullLately(OF), hints.wasFullLately(OTHER), hints.knows(OTHER)]).toEqual([true, false, false]);
    expect([hints.mayHelp(OF), hints.mayHelp(OF), hints.mayHelp(OTHER)]).toEqual([true, false, true]);
  });
});

describe('a layout', () => {
  test.each([
    [undefined, 1],
    [0, 1],
    [-3, 1],
    [2.9, 2],
    [NaN, 1],
    [MAX_SEAT_ITEMS, MAX_SEAT_ITEMS],
    [MAX_SEAT_ITEMS + 1, MAX_SEAT_ITEMS],
  ])('of %p items has %p', (items, count) => {
    expect(itemCountOf(items)).toBe(count);
  });

  test('is none where fewer items were read than there are, and passes over those that are too many', () => {
    expect(seatLayout({ items: 3 }, [{}])).toBeUndefined();
    const others = [{ active: 1 }, { seats: 2 }, { active: 9 }];
    expect(seatLayout({ items: 3, active: 4, seats: 5 }, others)?.items).toEqual([
      { active: 4, seats: 5 },
      { active: 1, seats: 0 },
      { active: 0, seats: 2 },
    ]);
  });

  test('has the seats, those that are free, and the limit of all its items', () => {
    expect(seatsIn(LAYOUT)).toBe(11);
    expect(freeIn(LAYOUT)).toEqual([0, -2, 3]);
    expect(usageOfLayout(LAYOUT, 7)).toEqual({ active: 10, limit: 11 });
  });

  test('without a limit of its own has the preset, where 0 is none', () => {
    const items = [{ active: 2, seats: 0 }];
    expect(usageOfLayout({ first: {}, items }, 7)).toEqual({ active: 2, limit: 7 });
    expect(usageOfLayout({ first: {}, items }, 0)).toEqual({ active: 2, limit: null });
  });

  test.each([
    [UNLIMITED - 1, UNLIMITED - 1],
    [UNLIMITED, null],
  ])('with %p seats has the limit %p', (seats, limit) => {
    expect(usageOfLayout({ first: { seats }, items: [{ active: 0, seats }] }, 7).limit).toBe(limit);
  });
});
