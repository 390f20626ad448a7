import { LRUCache } from 'lru-cache';
import { lazily } from '../lazily.ts';
import { freeIn, sumOf, type SeatLayout } from './seat-layout.ts';
import { pathOf, seatsKey } from '../table/keys.ts';
import type { ScopeOwner } from '../identity.ts';

/** Each cache allocates its memory when it is created, so it is created on first use. */
const MAX_SCOPES = 1_000;
const LAYOUT_MS = 10_000;
const FULL_MS = 3_000;
const HELPED_MS = 3_000;

/**
 * What this instance has read of seats recently. It may be out of date and decides nothing: it says which item to try, and
 * whether a read may save a write. Without a hint a create tries item 0.
 */
export class SeatHints {
  private readonly free = lazily(() => new LRUCache<string, number[]>({ max: MAX_SCOPES, ttl: LAYOUT_MS }));
  private readonly full = lazily(() => new LRUCache<string, true>({ max: MAX_SCOPES, ttl: FULL_MS }));
  private readonly helped = lazily(() => new LRUCache<string, true>({ max: MAX_SCOPES, ttl: HELPED_MS }));
  private readonly random: () => number;

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  remember(of: ScopeOwner, layout: SeatLayout): void {
    this.free().set(idOf(of), freeIn(layout));
  }

  /** If only item 0 was read, each of its items may have free seats. */
  rememberItems(of: ScopeOwner, items: number): void {
    if (items !== this.itemsOf(of) || !this.knows(of))
      this.free().set(
        idOf(of),
        Array.from({ length: items }, () => 1),
      );
  }

  knows(of: ScopeOwner): boolean {
    return this.free().has(idOf(of));
  }

  forget(of: ScopeOwner): void {
    this.free().delete(idOf(of));
  }

  itemsOf(of: ScopeOwner): number {
    return this.free().get(idOf(of))?.length ?? 1;
  }

  /** Where to take a seat: by chance, in proportion to what was free. */
  itemToTakeFrom(of: ScopeOwner): number {
    const free = (this.free().get(idOf(of)) ?? [1]).map((seats) => Math.max(0, seats));
    let left = this.random() * sumOf(free);
    const item = free.findIndex((seats) => (left -= seats) < 0);
    return item === -1 ? this.itemToGiveTo(of) : item;
  }

  itemToGiveTo(of: ScopeOwner): number {
    return Math.floor(this.random() * this.itemsOf(of));
  }

  /** From now on, for a while, looking comes before writing. */
  wasFull(of: ScopeOwner): void {
    this.full().set(idOf(of), true);
  }

  wasFullLately(of: ScopeOwner): boolean {
    return this.full().has(idOf(of));
  }

  /** True once in a while. */
  mayHelp(of: ScopeOwner): boolean {
    if (this.helped().has(idOf(of))) return false;
    this.helped().set(idOf(of), true);
    return true;
  }
}

const idOf = (of: ScopeOwner): string => pathOf(seatsKey(of));
