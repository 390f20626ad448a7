import { describe, expect, test } from '@jest/globals';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { CounterBounds } from '../../lib/reconcile/counter-bounds.ts';
import type { SeatSnapshot } from '../../lib/limits/seat-correction-store.ts';
import { Chance } from '../faults/chance.ts';

const PLACES = 12;

/** Sessions at places of a table that a scan walks along, and a counter of them that is wrong by some amount. */
class World {
  private readonly random: Chance;
  private readonly places: boolean[];
  private active: number;
  private taken = 0;
  private layout = 1;

  constructor(random: Chance, error: number) {
    this.random = random;
    this.places = Array.from({ length: PLACES }, () => random.next() < 0.5);
    this.active = this.places.filter(Boolean).length + error;
  }

  snapshot(): SeatSnapshot {
    const { active, taken, layout } = this;
    return { layout: { first: { layout }, items: [{ active, seats: 0 }] }, active, taken };
  }

  count(traffic: number): number {
    let counted = 0;
    for (let place = 0; place < PLACES; place++) {
      this.happen(traffic);
      if (this.places[place]) counted++;
    }
    this.happen(traffic);
    return counted;
  }

  correct(by: number): void {
    this.active += by;
    this.layout++;
  }

  private happen(traffic: number): void {
    while (this.random.next() < traffic) {
      const place = this.random.below(PLACES);
      const begins = !this.places[place];
      this.places[place] = begins;
      this.active += begins ? 1 : -1;
      if (begins) this.taken++;
    }
  }
}

/** What is certain of a difference, whatever begins and ends while sessions are counted. */
describe('the bounds of a counter', () => {
  const judge = (bounds: CounterBounds, world: World, traffic: number) => {
    const before = world.snapshot();
    const counted = world.count(traffic);
    bounds.narrow(before, counted, world.snapshot());
  };

  test('are exact where nothing happens, also after traffic', () => {
    for (let error = -3; error <= 3; error++) {
      const world = new World(new Chance(error), error);
      const bounds = new CounterBounds(EVERYBODY);
      judge(bounds, world, 0.5);
      judge(bounds, world, 0);
      expect([bounds.isExact, bounds.verdict()?.by ?? 0]).toEqual([true, error === 0 ? 0 : -error]);
    }
  });

  test.each([0.05, 0.2, 0.6])('never say more than is so, with traffic of %d', (traffic) => {
    let verdicts = 0;
    for (let seed = 1; seed <= 1_000; seed++) {
      const error = (seed % 9) - 4;
      const world = new World(new Chance(seed), error);
      const bounds = new CounterBounds(EVERYBODY);
      for (let attempt = 0; attempt < 3; attempt++) judge(bounds, world, traffic);
      const by = bounds.verdict()?.by ?? 0;
      // Towards what is right, and not beyond.
      if (by !== 0) expect([Math.sign(by), Math.abs(by) <= Math.abs(error)]).toEqual([-Math.sign(error), true]);
      if (by !== 0) verdicts++;
    }
    expect(verdicts).toBeGreaterThan(10);
  });

  test('know nothing any more of a counter that somebody else has corrected', () => {
    const world = new World(new Chance(1), 3);
    const bounds = new CounterBounds(EVERYBODY);
    judge(bounds, world, 0);
    world.correct(-3);
    judge(bounds, world, 0);
    expect(bounds.verdict()).toBeUndefined();
    const before = world.snapshot();
    world.correct(2);
    bounds.narrow(before, 0, world.snapshot());
    expect(bounds.verdict()).toBeUndefined();
  });
});
