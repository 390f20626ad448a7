import type { DynamoTable } from '../table/dynamo-table.ts';
import type { SeatStore } from './seat-store.ts';
import { giveSeatBack, takeSeat } from './seat-writes.ts';
import type { Transaction } from '../table/transaction.ts';
import { Contended } from '../table/retries.ts';
import type { TransactionRefusal, Write } from '../table/write.ts';
import type { ScopeOwner, Scope } from '../identity.ts';
import type { FirstSeatsItem } from './seat-layout.ts';

/** A session's seats in one transaction: one in each scope. Each attempt chooses the items again. */
export class SeatTransaction {
  private readonly transaction: Transaction;
  private readonly seats: SeatStore;
  private readonly owners: ScopeOwner[];
  private conflicts = 0;
  /** Where the last attempt took seats. */
  private taken: Partial<Record<Scope, number>> = {};

  constructor(table: DynamoTable, seats: SeatStore, owners: ScopeOwner[]) {
    this.transaction = table.transaction();
    this.seats = seats;
    this.owners = owners;
  }

  /** Whether an attempt had no definite answer: whatever the later ones met, it may yet be carried out. */
  get mayBeCarriedOut(): boolean {
    return this.transaction.mayBeCarriedOut;
  }

  takeSeats(): Record<Scope, Write> {
    return this.inEachScope((of) => {
      const item = this.seats.hints.itemToTakeFrom(of);
      this.taken[of.scope] = item;
      return takeSeat(of, item, this.seats.presetOf(of));
    });
  }

  giveSeatsBack(): Record<Scope, Write> {
    return this.inEachScope((of) => giveSeatBack(of, this.seats.hints.itemToGiveTo(of)));
  }

  /** One attempt. Where it keeps meeting others, it finds out over how many items the seats are spread. */
  async send<Name extends string>(writes: () => Record<Name, Write>): Promise<TransactionRefusal<Name> | undefined> {
    try {
      return await this.transaction.attempt(writes);
    } catch (thrown) {
      if (thrown instanceof Contended && ++this.conflicts > 1) {
        await this.seats.reads.rememberItems(this.owners.filter(({ scope }) => thrown.names.has(scope)));
      }
      throw thrown;
    }
  }

  /** Whether what a refused attempt found is the only item there was. If not, its place is learnt or forgotten. */
  tookFromOnlyItem(of: ScopeOwner, found: FirstSeatsItem | undefined): boolean {
    const { hints } = this.seats;
    if (this.taken[of.scope] === 0) {
      const { items = 1 } = found ?? {};
      hints.rememberItems(of, items);
      return items === 1;
    }
    if (!found) hints.forget(of);
    return false;
  }

  /** An item that a seat was to go back into is there no more. */
  forgetWhere(refused: (scope: Scope) => boolean): void {
    for (const of of this.owners) if (refused(of.scope)) this.seats.hints.forget(of);
  }

  private inEachScope(write: (of: ScopeOwner) => Write): Record<Scope, Write> {
    return Object.fromEntries(this.owners.map((of) => [of.scope, write(of)])) as Record<Scope, Write>;
  }
}
