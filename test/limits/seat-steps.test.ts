import { describe, expect, test } from '@jest/globals';
import { UNLIMITED } from '../../lib/limits/limit.ts';
import { freeIn, seatsIn, type SeatLayout } from '../../lib/limits/seat-layout.ts';
import { balancingStep, nextStep, type SeatStep } from '../../lib/limits/seat-steps.ts';

type Item = { active: number; seats: number };

/** What the writes of a step do, on the condition that nobody came between. */
function after(layout: SeatLayout, step: SeatStep): SeatLayout {
  const items = layout.items.map((item) => ({ ...item }));
  const at = (index: number) => items[index] as Item;
  if ('set' in step) return laidOut([{ ...at(0), seats: step.set }], layout.first);
  if ('clear' in step) return { first: {}, items: [{ ...at(0), seats: 0 }] };
  if ('raiseBy' in step) at(0).seats += step.raiseBy;
  if ('lower' in step) at(step.lower.item).seats -= step.lower.by;
  if ('merge' in step) {
    const { item, active, seats } = step.merge;
    expect(items.pop()).toEqual({ active, seats });
    expect(items).toHaveLength(item);
    at(0).active += active;
    at(0).seats += seats;
  }
  if ('spread' in step) {
    for (const seats of step.spread.shares) items.push({ active: 0, seats });
    at(0).seats = step.spread.left;
  }
  if ('move' in step) {
    at(step.move.from).seats -= step.move.seats;
    at(step.move.to).seats += step.move.seats;
    expect(at(step.move.from).seats).toBe(step.move.left);
  }
  return laidOut(items, layout.first);
}

const laidOut = (items: Item[], wanted: SeatLayout['first']): SeatLayout => ({
  first: { ...wanted, seats: items[0]?.seats ?? 0 },
  items,
});

const active = ({ items }: SeatLayout) => items.reduce((sum, item) => sum + item.active, 0);

/** All layouts on the way, with what must hold of each. */
function settle(from: SeatLayout): SeatLayout[] {
  const way = [from];
  for (let step = nextStep(from); step; step = nextStep(way.at(-1) as SeatLayout)) {
    const before = way.at(-1) as SeatLayout;
    const now = after(before, step);
    expect(active(now)).toBe(active(before));
    if (now.items.length > 1) expect(Math.min(...freeIn(now))).toBeGreaterThanOrEqual(0);
    way.push(now);
    expect(way.length).toBeLessThan(100);
  }
  return way;
}

const random = (() => {
  let state = 7;
  return (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
})();

const randomItems = (): Item[] =>
  Array.from({ length: 1 + random(6) }, () => {
    const seats = random(20);
    return { seats, active: seats - random(seats + 3) };
  });

describe('the steps to what is wanted', () => {
  test('end there from any layout, change no more than they must, and leave no item in debt among several', () => {
    for (let round = 0; round < 2_000; round++) {
      const items = randomItems();
      const wantedSeats = random(5) === 0 ? UNLIMITED : random(80);
      const wantedItems = 1 + random(8);
      const way = settle(laidOut(items, { wantedSeats, wantedItems }));
      const end = way.at(-1) as SeatLayout;
      expect(seatsIn(end)).toBe(wantedSeats);
      expect(end.items).toHaveLength(active(end) > wantedSeats ? 1 : wantedItems);
      const limits = way.map(seatsIn);
      const monotonous = [...limits].sort((a, b) => (wantedSeats > seatsIn(way[0] as SeatLayout) ? a - b : b - a));
      expect(limits).toEqual(monotonous);
    }
  });

  test('end without a limit of its own where that is wanted', () => {
    for (let round = 0; round < 200; round++) {
      const end = settle(laidOut(randomItems(), { wantedSeats: null, wantedItems: 1 })).at(-1);
      expect(end).toMatchObject({ first: {}, items: [{ seats: 0 }] });
    }
  });

  test('are none where nothing was ever wanted', () => {
    expect(nextStep({ first: {}, items: [{ active: 3, seats: 0 }] })).toBeUndefined();
  });

  test('spread a debt no further than it stands: not before it is paid off', () => {
    const inDebt = laidOut([{ active: 8, seats: 5 }], { wantedSeats: 5, wantedItems: 4 });
    expect(nextStep(inDebt)).toBeUndefined();
    const paid = laidOut([{ active: 5, seats: 5 }], { wantedSeats: 5, wantedItems: 4 });
    expect(settle(paid).at(-1)?.items).toHaveLength(4);
  });

  test('even out what is free, and come to an end', () => {
    for (let round = 0; round < 500; round++) {
      const items = randomItems().map(({ seats, active: taken }) => ({ seats, active: Math.min(seats, taken) }));
      let layout = laidOut(items, {});
      const before = seatsIn(layout);
      let steps = 0;
      for (let step = balancingStep(layout); step; step = balancingStep(layout)) {
        layout = after(layout, step);
        expect(Math.min(...freeIn(layout))).toBeGreaterThanOrEqual(0);
        expect(++steps).toBeLessThan(50);
      }
      expect(seatsIn(layout)).toBe(before);
    }
  });
});
