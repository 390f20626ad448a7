import { setTimeout } from 'node:timers/promises';
import pMap from 'p-map';
import { limitOwnersOf, type LimitOwner } from '../limits.ts';
import type { ReconcileStore, StoredItem } from '../store/reconcile-store.ts';
import type { SeatCorrection, SeatWitness } from '../store/seat-correction.ts';
import { seatsIdOf, seatsPlace } from '../store/seats-owner.ts';
import { isSessionKey, type SessionItem } from '../store/table-schema.ts';

/** A counter that is wrong: what it says, and what it should. */
export interface CounterDrift {
  of: LimitOwner;
  active: number;
  sessions: number;
  repaired: boolean;
}

interface CountBounds {
  repair: boolean;
  signal: AbortSignal;
  pageItems: number | undefined;
}

interface Tally {
  of: LimitOwner;
  sessions: number;
  active: number;
}

const AT_ONCE = 8;
/** How often those are counted again in whose scope sessions began or ended meanwhile. */
const ATTEMPTS = 3;
/** Longer than the items of one transaction take to become visible after each other. */
const SETTLED_MS = 300;

/** What a pass through the table counts: the sessions of each scope, and what its seats say. */
export class SeatTally {
  private readonly tallies = new Map<string, Tally>();
  private readonly distrusted = new Map<string, LimitOwner>();
  private readonly only: ReadonlySet<string> | undefined;

  /** Without `only` all scopes there are. */
  constructor(only?: LimitOwner[]) {
    this.only = only && new Set(only.map(seatsIdOf));
    for (const of of only ?? []) this.tallies.set(seatsIdOf(of), { of, sessions: 0, active: 0 });
  }

  add(items: StoredItem[]): void {
    for (const item of items) {
      if (isSessionKey(item)) {
        for (const of of limitOwnersOf(item as SessionItem)) this.count(of, { sessions: 1, active: 0 });
      }
      const place = seatsPlace(item);
      if (place) this.count(place.of, { sessions: 0, active: item.active ?? 0 });
    }
  }

  /** Whatever the sums say: they had items that do not count. */
  suspect(of: LimitOwner): void {
    this.distrusted.set(seatsIdOf(of), of);
  }

  /** May be wrong only because sessions began or ended during the pass. */
  suspects(): LimitOwner[] {
    const wrong = [...this.tallies.values()].filter(({ sessions, active }) => sessions !== active);
    return [...new Map([...this.distrusted, ...wrong.map(({ of }) => [seatsIdOf(of), of] as const)]).values()];
  }

  sessionsOf(of: LimitOwner): number {
    return this.tallies.get(seatsIdOf(of))?.sessions ?? 0;
  }

  private count(of: LimitOwner, { sessions, active }: { sessions: number; active: number }): void {
    if (this.only && !this.only.has(seatsIdOf(of))) return;
    const tally = this.tallies.get(seatsIdOf(of)) ?? { of, sessions: 0, active: 0 };
    tally.sessions += sessions;
    tally.active += active;
    this.tallies.set(seatsIdOf(of), tally);
  }
}

/** Judges the counters of scopes that looked wrong, by a count during which nothing happened there; puts them right. */
export class ReconcileCounters {
  private readonly store: ReconcileStore;
  private readonly correction: SeatCorrection;

  constructor(store: ReconcileStore, correction: SeatCorrection) {
    this.store = store;
    this.correction = correction;
  }

  /** Gives what is wrong for certain, and how many scopes could not be judged. */
  async run(suspects: LimitOwner[], { repair, signal, pageItems }: CountBounds) {
    const drift: CounterDrift[] = [];
    let left = suspects;
    for (let attempt = 1; attempt <= ATTEMPTS && left.length > 0 && !signal.aborted; attempt++) {
      const before = await this.witnesses(left);
      await setTimeout(SETTLED_MS);
      const tally = await this.counted(left, signal, pageItems);
      await setTimeout(SETTLED_MS);
      const after = await this.witnesses(left);
      if (!tally) break;
      const quiet = left.filter((_, index) => isSame(before[index], after[index]));
      const judged = await pMap(
        quiet,
        (of) => this.judge(of, after[left.indexOf(of)] as SeatWitness, tally.sessionsOf(of), repair),
        { concurrency: AT_ONCE },
      );
      drift.push(...judged.filter((found) => found !== undefined));
      left = left.filter((of) => !quiet.includes(of));
    }
    return { drift, unjudged: left.length };
  }

  private async witnesses(owners: LimitOwner[]) {
    return pMap(owners, (of) => this.correction.witness(of), { concurrency: AT_ONCE });
  }

  /** Nothing if the time was up before the end. */
  private async counted(
    owners: LimitOwner[],
    signal: AbortSignal,
    pageItems: number | undefined,
  ): Promise<SeatTally | undefined> {
    const tally = new SeatTally(owners);
    let key: Record<string, string> | undefined;
    do {
      if (signal.aborted) return undefined;
      const page = await this.store.page(key, pageItems);
      tally.add(page.items);
      key = page.cursor;
    } while (key);
    return tally;
  }

  private async judge(of: LimitOwner, witness: SeatWitness, sessions: number, repair: boolean) {
    const active = witness.layout.items.reduce((sum, item) => sum + item.active, 0);
    if (active === sessions) return undefined;
    const repaired = repair && (await this.correction.correct(of, witness, sessions - active));
    return { of, active, sessions, repaired };
  }
}

const isSame = (before: SeatWitness | undefined, after: SeatWitness | undefined): boolean =>
  before !== undefined && before.trace === after?.trace;
