import { ContentionError } from '../errors.ts';
import { UNLIMITED, type Usage } from './limit.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { SeatHints } from './seat-hints.ts';
import { itemCountOf, seatLayout, usageOfLayout, type SeatLayout, type FirstSeatsItem } from './seat-layout.ts';
import { SeatReadStore } from './seat-read-store.ts';
import { writesOfStep } from './seat-step-writes.ts';
import { balancingStep, nextStep, type SeatStep } from './seat-steps.ts';
import { clearOnlyItem, setOnlyItem, want } from './seat-writes.ts';
import { Contended, isPassing, withRetries } from '../table/retries.ts';
import type { UpdateWrite } from '../table/write.ts';
import type { ScopeOwner } from '../identity.ts';
import type { Limits } from '../configuration.ts';

/** Well before the gateway times out (ms). A repeated request continues with the rest. */
const SETTLE_MS = 12_000;

/** Limits, and how seats are spread: the wanted state, and the steps towards it, which any process may resume. */
export class SeatStore {
  readonly reads: SeatReadStore;
  readonly hints: SeatHints;
  private readonly table: DynamoTable;
  private readonly presets: Limits;

  /** `presets`: the limits of scopes that have none of their own. */
  constructor(table: DynamoTable, presets: Limits, hints = new SeatHints()) {
    this.table = table;
    this.presets = presets;
    this.hints = hints;
    this.reads = new SeatReadStore(table, hints);
  }

  presetOf({ scope }: ScopeOwner): number {
    return this.presets[scope];
  }

  usageOf(of: ScopeOwner, layout: SeatLayout): Usage {
    return usageOfLayout(layout, this.presetOf(of));
  }

  /** Seats in use and the limits in force. */
  async usage(owners: ScopeOwner[]): Promise<Usage[]> {
    const layouts = await this.reads.layouts(owners);
    return owners.map((of, index) => this.usageOf(of, layouts[index] as SeatLayout));
  }

  async layout(of: ScopeOwner): Promise<SeatLayout> {
    const [layout] = await this.reads.layouts([of]);
    return layout as SeatLayout;
  }

  /**
   * In force when it returns. `null`: no limit, whatever the preset is. Without `items` they are to be as many as before.
   * Throws a `ContentionError` if traffic prevents that; a repeated request continues.
   */
  async setLimit(of: ScopeOwner, limit: number | null, items: number | undefined): Promise<SeatLayout> {
    const seats = limit ?? UNLIMITED;
    const { updated, item } = await this.updateFirst(setOnlyItem(of, seats, items));
    if (!updated) await this.updateFirst(want(of, seats, items));
    const layout = updated && item.wantedItems === 1 ? seatLayout(item, []) : undefined;
    if (!layout) return this.settle(of);
    this.hints.remember(of, layout);
    return layout;
  }

  /** The preset is in force when it returns. Throws as `setLimit` does. */
  async clearLimit(of: ScopeOwner): Promise<void> {
    const { updated, item } = await this.updateFirst(clearOnlyItem(of));
    if (updated || itemCountOf(item.items) === 1) return;
    await this.updateFirst(want(of, null, 1));
    await this.settle(of);
  }

  /** Step by step until what is wanted is there, or must wait for sessions to end. Throws a `ContentionError`. */
  async settle(of: ScopeOwner): Promise<SeatLayout> {
    const stopAt = performance.now() + SETTLE_MS;
    do {
      const layout = await withRetries(() => this.stepFrom(of));
      if (!nextStep(layout)) return this.balance(of, layout);
    } while (performance.now() < stopAt);
    throw new ContentionError();
  }

  /** Takes one step for a create that saw it is due, at most once in a while. A later create repeats a step that failed. */
  async help(of: ScopeOwner, layout: SeatLayout): Promise<void> {
    const step = nextStep(layout) ?? balancingStep(layout);
    if (step && this.hints.mayHelp(of)) await this.isTaken(of, layout, step);
  }

  /** Evens out free seats, until a concurrent change makes a step fail. */
  private async balance(of: ScopeOwner, settled: SeatLayout): Promise<SeatLayout> {
    let layout = settled;
    for (let left = settled.items.length; left > 0; left--) {
      const step = balancingStep(layout);
      if (!step || !(await this.isTaken(of, layout, step))) break;
      layout = await withRetries(() => this.reads.layoutForStep(of));
    }
    return layout;
  }

  private async isTaken(of: ScopeOwner, layout: SeatLayout, step: SeatStep): Promise<boolean> {
    try {
      await this.take(of, layout, step);
      return true;
    } catch (thrown) {
      if (isPassing(thrown)) return false;
      throw thrown;
    }
  }

  /** Takes a step, if there is one; gives the layout that it was judged by, with the shares that one moment had. */
  private async stepFrom(of: ScopeOwner): Promise<SeatLayout> {
    const layout = await this.reads.layoutForStep(of);
    const step = nextStep(layout);
    if (step) await this.take(of, layout, step);
    else await this.reads.checkUnchanged(of, layout);
    return layout;
  }

  /** Throws `Contended` when the seats are not any more as the step needs them. */
  private async take(of: ScopeOwner, { first }: SeatLayout, step: SeatStep): Promise<void> {
    const refusal = await this.table.transactOnce(writesOfStep(of, first, step));
    if (refusal) throw new Contended('the seats have changed');
  }

  private async updateFirst(write: UpdateWrite): Promise<{ updated: boolean; item: FirstSeatsItem }> {
    const outcome = await this.table.update<FirstSeatsItem>(write);
    return { updated: outcome.updated, item: (outcome.updated ? outcome.item : outcome.found) ?? {} };
  }
}
