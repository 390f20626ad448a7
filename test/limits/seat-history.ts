import { TransactionConflictException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pLimit from 'p-limit';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { lostReply } from '../faults/dynamodb-faults.ts';
import { cancelled, idOf, isTransaction, isWrite, touchedBy } from './table-request.ts';
import { interpose } from '../setup/interpose.ts';
import type { SeatsItem } from '../../lib/limits/seat-layout.ts';

/** The items that the global limit is spread over, as they were after one write. */
export interface SeatMoment {
  items: readonly Required<SeatsItem>[];
  active: number;
  limit: number;
  /** The session that this write created. */
  created: string | undefined;
}

/**
 * Between instances and DynamoDB Local. Raises conflicts as the service does, for whoever comes while a transaction on
 * one of its items is under way; loses answers; lets one request after the other through, and notes what the seats are
 * after each. So it is known, whatever the clock says, in which order everything happened.
 */
export class SeatHistory {
  readonly moments: SeatMoment[] = [];
  conflicts = 0;
  lost = 0;
  private readonly busy = new Set<string>();
  private readonly inTurn = pLimit(1);
  private readonly created = new Set<string>();
  private readonly look: () => Promise<readonly Required<SeatsItem>[]>;
  private readonly random: () => number;
  private readonly lossRate: number;

  /** `look`: the items of the global limit, read beside the instances. `lossRate`: of answers to writes. */
  constructor(look: SeatHistory['look'], { random, lossRate }: { random: () => number; lossRate: number }) {
    this.look = look;
    this.random = random;
    this.lossRate = lossRate;
  }

  async begin(): Promise<void> {
    await this.inTurn(() => this.note(undefined));
  }

  /** How many moments there have been so far: nothing is under way then. */
  now(): Promise<number> {
    return this.inTurn(() => this.moments.length);
  }

  watch(client: DynamoDBClient): void {
    interpose(
      client,
      (next, context) => (args) => this.pass(String(context.commandName), args.input, () => next(args)),
      // Outside of the SDK's own retries, which would hide lost answers by sending the same token again.
      { step: 'build', name: 'seat-history' },
    );
  }

  private async pass<T>(command: string, input: object, send: () => Promise<T>): Promise<T> {
    const touched = touchedBy(command, input);
    const ids = touched.map(idOf);
    if (ids.some((id) => this.busy.has(id))) throw this.conflict(command, ids);
    if (!JSON.stringify(input).includes(SEATS_OF_ALL)) return send();
    if (!isWrite(command)) return this.inTurn(send);
    for (const id of ids) this.busy.add(id);
    try {
      await this.aWhile();
      const answer = await this.inTurn(async () => {
        const sent = await send();
        await this.note(touched.find(({ action, pk }) => action === 'Put' && pk.startsWith('SESSION#'))?.pk);
        return sent;
      });
      if (this.random() < this.lossRate) {
        this.lost++;
        lostReply();
      }
      return answer;
    } finally {
      for (const id of ids) this.busy.delete(id);
    }
  }

  /** Turns of the event loop, not time. */
  private async aWhile(): Promise<void> {
    for (let turns = Math.floor(this.random() * 4); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private conflict(command: string, ids: string[]) {
    this.conflicts++;
    if (isTransaction(command)) {
      return cancelled(ids.map((id) => (this.busy.has(id) ? 'TransactionConflict' : 'None')));
    }
    return new TransactionConflictException({ $metadata: {}, message: 'Transaction is ongoing for the item' });
  }

  private async note(created: string | undefined): Promise<void> {
    const items = await this.look();
    const isNew = created !== undefined && !this.created.has(created);
    if (isNew) this.created.add(created);
    this.moments.push({
      items,
      active: items.reduce((sum, item) => sum + item.active, 0),
      limit: items.reduce((sum, item) => sum + item.seats, 0),
      created: isNew ? created : undefined,
    });
  }
}

/** What the keys of the global limit's items begin with. */
const SEATS_OF_ALL = `SEATS#${EVERYBODY.scope.toUpperCase()}`;
