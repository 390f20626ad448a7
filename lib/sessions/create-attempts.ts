import { MaxSessionsReachedError } from '../errors.ts';
import { limitOwnersOf } from '../limits/limit.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { seatLayout, type SeatLayout, type FirstSeatsItem } from '../limits/seat-layout.ts';
import type { SeatStore } from '../limits/seat-store.ts';
import { SeatTransaction } from '../limits/seat-transaction.ts';
import { sessionKey, type Key } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import type { TransactionRefusal, Write } from '../table/write.ts';
import type { ScopeOwner, Scope } from '../identity.ts';
import { livingKey, sessionOfEarlier, type IdempotencyRequest } from './create-request.ts';
import type { IdempotencyItem, SessionItem } from '../table/session-item.ts';

/** Created, or the key was used before: for the session it names. */
export type CreateOutcome = { created: SessionItem } | { replayOf: string };

export type CreateWrite = 'session' | 'entry' | 'prompt' | 'idempotency' | Scope;

/** What a create writes, what it is refused by, and what it is a replay of. */
export interface CreatePlan {
  session: SessionItem;
  /** All but the seats. */
  writes: Partial<Record<CreateWrite, Write>>;
  idempotency: (IdempotencyRequest & { at: Key }) | undefined;
  nowSeconds: number;
}

/**
 * The attempts at one create. Each takes a seat in every scope, in items that it chooses again; everything is written or
 * nothing. The items that a refused attempt found decide the answer, if they are enough. They are not if seats are spread
 * over several items and one is full: then the next attempt reads all of them in one snapshot before it writes.
 */
export class CreateAttempts {
  private readonly seats: SeatStore;
  private readonly plan: CreatePlan;
  private readonly owners: ScopeOwner[];
  private readonly transaction: SeatTransaction;
  private mustLook = false;

  constructor(table: DynamoTable, seats: SeatStore, plan: CreatePlan) {
    this.seats = seats;
    this.plan = plan;
    this.owners = limitOwnersOf(plan.session);
    this.transaction = new SeatTransaction(table, seats, this.owners);
  }

  /** Whether an attempt had no definite answer: the session may be recorded, now or later, whatever `run` threw. */
  get mayBeRecorded(): boolean {
    return this.transaction.mayBeCarriedOut;
  }

  /**
   * The answer, if one read is enough for it: a replay, or a limit that was full a moment ago and still is. So refusals in
   * a row cost no writes. Nothing if a write is needed to find out. Throws as `run` does.
   */
  async answerWithoutWriting(): Promise<CreateOutcome | undefined> {
    const wasFullLately = this.owners.some((of) => this.seats.hints.wasFullLately(of));
    return wasFullLately ? withRetries(() => this.findByKey()) : undefined;
  }

  /** One transaction, repeated with the same session. Throws `MaxSessionsReachedError` and `IdempotencyConflictError`. */
  async run(): Promise<CreateOutcome> {
    return withRetries(() => this.attempt());
  }

  /** Throws `Contended` when it has to be made again. */
  private async attempt(): Promise<CreateOutcome> {
    const known = this.mustLook ? await this.findByKey() : undefined;
    if (known) return known;
    this.mustLook = false;
    const writes = () => ({ ...this.plan.writes, ...this.transaction.takeSeats() }) as Record<CreateWrite, Write>;
    const refusal = await this.transaction.send(writes);
    if (!refusal) return { created: this.plan.session };
    const answer = this.answerTo(refusal);
    if (answer) return answer;
    this.mustLook = true;
    throw new Contended('other items may have free seats');
  }

  /**
   * The answer, as far as one moment has it: an earlier attempt of ours went through and its reply was lost; a replay,
   * which beats a full limit; a limit is full. Nothing if there is a seat.
   */
  private async findByKey(): Promise<CreateOutcome | undefined> {
    const { session, idempotency } = this.plan;
    const keys = [sessionKey(session.id), ...(idempotency ? [idempotency.at] : [])];
    const { layouts, others } = await this.seats.reads.snapshotOnce(this.owners, keys);
    const [own, stored] = others as [SessionItem?, IdempotencyItem?];
    if (own) return { created: own };
    const earlier = livingKey(stored, this.plan.nowSeconds);
    if (earlier) return this.replayOf(earlier);
    for (const [index, of] of this.owners.entries()) this.refuseIfFull(of, layouts[index] as SeatLayout);
    for (const [index, of] of this.owners.entries()) await this.seats.help(of, layouts[index] as SeatLayout);
    return undefined;
  }

  /**
   * In this order: an earlier attempt of ours went through and its reply was lost; a replay, which beats a full limit;
   * another create runs under the same key, or an earlier attempt of ours does, so nothing is known yet; a limit
   * is full. Nothing where the seats that were met are not all that there may be.
   */
  private answerTo(refusal: TransactionRefusal<CreateWrite>): CreateOutcome | undefined {
    const own = refusal.item<SessionItem>('session');
    if (own) return { created: own };
    const earlier = refusal.item<IdempotencyItem>('idempotency');
    if (earlier) return this.replayOf(earlier);
    if (refusal.contended.has('idempotency') || refusal.contended.has('session')) throw new Contended();
    const full = this.owners.filter(({ scope }) => refusal.failed(scope));
    if (full.length === 0) throw new Error('a create was refused by a condition that found nothing');
    for (const of of full) {
      const found = refusal.item<FirstSeatsItem>(of.scope);
      if (!this.transaction.tookFromOnlyItem(of, found)) return undefined;
      this.refuseIfFull(of, seatLayout(found ?? {}, []) as SeatLayout);
    }
    return undefined;
  }

  private refuseIfFull(of: ScopeOwner, layout: SeatLayout): void {
    const { active, limit } = this.seats.usageOf(of, layout);
    if (limit === null || active < limit) return;
    this.seats.hints.wasFull(of);
    throw new MaxSessionsReachedError(of.scope, limit, active);
  }

  /** A record with our own session id means that an earlier attempt succeeded, even if its session has ended since. */
  private replayOf(earlier: IdempotencyItem): CreateOutcome {
    const { session, idempotency } = this.plan;
    if (earlier.sessionId === session.id) return { created: session };
    return { replayOf: sessionOfEarlier(earlier, idempotency) };
  }
}
