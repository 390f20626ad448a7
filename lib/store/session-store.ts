import { randomUUID } from 'node:crypto';
import { SessionNotFoundError } from '../errors.ts';
import { limitOwnersOf } from '../limits.ts';
import { CreateAttempts, type CreateOutcome, type CreateWrite } from './create-attempts.ts';
import type { DynamoTable, Write } from './dynamo-table.ts';
import type { SeatStore } from './seat-store.ts';
import { SeatTransaction } from './seat-transaction.ts';
import * as write from './session-writes.ts';
import { dueKey, dueShardOf, idempotencyKey, sessionKey, type EndReason, type SessionItem } from './table-schema.ts';
import { Contended, withRetries } from './transient.ts';

/** What a create writes, before the store adds the parts that are its own. */
export type SessionDraft = Pick<
  SessionItem,
  'id' | 'userId' | 'orgId' | 'workspace' | 'metadata' | 'inactivitySeconds'
>;

export interface IdempotencyRequest {
  key: string;
  /** Of everything in the request that must be the same the second time. */
  requestHash: string;
}

export interface CreateRequest {
  draft: SessionDraft;
  systemPrompt: string;
  idempotency: IdempotencyRequest | undefined;
  now: Date;
}

const IDEMPOTENCY_SECONDS = 24 * 60 * 60;

/** Sessions, the seats they take, and their idempotency records. Times in ms. */
export class SessionStore {
  private readonly table: DynamoTable;
  private readonly seats: SeatStore;
  private readonly touchIntervalMs: number;

  constructor(table: DynamoTable, seats: SeatStore, { touchIntervalSeconds }: { touchIntervalSeconds: number }) {
    this.table = table;
    this.seats = seats;
    this.touchIntervalMs = touchIntervalSeconds * 1000;
  }

  /**
   * One transaction, repeated with the same session while it meets others. Nothing is written unless all of it is.
   * Throws `MaxSessionsReachedError` and `IdempotencyConflictError`.
   */
  async create(request: CreateRequest): Promise<CreateOutcome> {
    const { session, attempts } = this.attemptsAt(request);
    const writes: Partial<Record<CreateWrite, Write>> = {
      session: write.putSession(session),
      entry: write.putUserEntry(session),
    };
    if (request.idempotency) writes.idempotency = putIdempotency(session, request.idempotency, request.now);
    if (request.systemPrompt !== '') writes.prompt = write.putPrompt(session.id, request.systemPrompt);
    return withRetries(() => attempts.once(writes));
  }

  /**
   * What a create would be answered, where one read can tell: a replay, or that a limit which was full a moment ago still
   * is. Nothing where that cannot be told, or need not be: refusals in a row cost no writes. Throws as `create` does.
   */
  async answerWithoutWriting(request: CreateRequest): Promise<CreateOutcome | undefined> {
    const { attempts } = this.attemptsAt(request);
    return attempts.shouldLook ? withRetries(() => attempts.look()) : undefined;
  }

  async get(sessionId: string): Promise<SessionItem | undefined> {
    return this.table.get<SessionItem>(sessionKey(sessionId));
  }

  async getAll(sessionIds: string[]): Promise<SessionItem[]> {
    return this.table.getAll<SessionItem>(sessionIds.map(sessionKey));
  }

  /** Writes the activity only if the last one written is older than the touch interval. */
  async touch(session: SessionItem, now: Date): Promise<SessionItem> {
    if (now.getTime() - Date.parse(session.lastActiveAt) < this.touchIntervalMs) return session;
    const outcome = await this.table.update<SessionItem>(write.touch(session, now, this.idleMs(session)));
    if (outcome.updated) return outcome.item;
    if (outcome.found?.status !== 'active') throw new SessionNotFoundError();
    return outcome.found;
  }

  async setMetadata(sessionId: string, metadata: Record<string, string>): Promise<SessionItem> {
    const outcome = await this.table.update<SessionItem>(write.setMetadata(sessionId, metadata));
    if (!outcome.updated) throw new SessionNotFoundError();
    return outcome.item;
  }

  /** When the session becomes due if nothing happens (ms): an activity may be a touch interval younger than written. */
  expiresAt(session: SessionItem): number {
    return Date.parse(session.lastActiveAt) + this.idleMs(session);
  }

  /** The latest moment (ms) up to `now` at which the session can have been active. */
  lastPossibleActivity(session: SessionItem, now: Date): number {
    return Math.min(now.getTime(), Date.parse(session.lastActiveAt) + this.touchIntervalMs);
  }

  /**
   * First step of an end. With `lastActiveSeen` only if the session was not active since. Gives the session if it is
   * ending now, by whomever.
   */
  async claimEnd(sessionId: string, reason: EndReason, lastActiveSeen?: string): Promise<SessionItem | undefined> {
    const outcome = await this.table.update<SessionItem>(write.claimEnd(sessionId, reason, lastActiveSeen));
    if (outcome.updated) return outcome.item;
    return outcome.found?.status === 'ending' ? outcome.found : undefined;
  }

  /**
   * Last step of an end: items and seats, together and once; whoever comes second finds it done. True for the one that
   * did it. An attempt without an answer may have done it, so the same one is made again, by its token: its answer tells.
   */
  async finishEnd(session: SessionItem): Promise<boolean> {
    const transaction = new SeatTransaction(this.table, this.seats, limitOwnersOf(session));
    const others = { session: write.deleteEndingSession(session.id), ...write.deleteBelongings(session) };
    const newAttempt = () => ({ writes: { ...others, ...transaction.gives() }, token: randomUUID() });
    let attempt = newAttempt();
    return withRetries(async () => {
      const { writes, token } = attempt;
      const refusal = await transaction.once<string>(writes, token).catch((thrown: unknown) => {
        if (thrown instanceof Contended) attempt = newAttempt();
        throw thrown;
      });
      if (!refusal) return true;
      if (refusal.failed('session')) return false;
      transaction.forgetWhere((scope) => refusal.failed(scope));
      attempt = newAttempt();
      throw new Contended('an item for seats is gone');
    });
  }

  /** For a repeated create, before it is answered with the session: from then on it is not taken back. */
  async answerWithIt(session: SessionItem): Promise<SessionItem> {
    if (session.repeated) return session;
    const outcome = await this.table.update<SessionItem>(write.answerWithIt(session.id));
    if (!outcome.updated) throw new SessionNotFoundError();
    return outcome.item;
  }

  /**
   * For a create that went wrong after it was recorded: its end begins and its idempotency key is free, both or neither;
   * neither if its repetition was answered with the session, or if somebody else ends it. Gives whether they are, and what
   * there is of the session.
   */
  async abandonCreate(
    draft: SessionDraft,
    key: string | undefined,
  ): Promise<{ isTakenBack: boolean; session: SessionItem | undefined }> {
    const writes: Partial<Record<'session' | 'idempotency', Write>> = {
      session: { Update: write.takeBack(draft.id) },
    };
    if (key !== undefined) writes.idempotency = write.freeIdempotency(idempotencyKey(draft, key), draft.id);
    const refusal = await this.table.transact(writes as Record<'session' | 'idempotency', Write>);
    // Also if it was refused: an attempt whose reply was lost may have done it.
    const session = await this.get(draft.id);
    return { isTakenBack: !refusal || session?.endReason === 'workspace-creation-failed', session };
  }

  private attemptsAt({ draft, idempotency, now }: CreateRequest) {
    const session: SessionItem = {
      ...draft,
      status: 'active',
      createdAt: now.toISOString(),
      lastActiveAt: now.toISOString(),
      version: 1,
      dueShard: dueShardOf(draft.id),
      due: dueKey(now.getTime(), this.idleMs(draft)),
    };
    const attempts = new CreateAttempts(this.table, this.seats, {
      session,
      idempotency: idempotency && { ...idempotency, at: idempotencyKey(draft, idempotency.key) },
      nowSeconds: secondsOf(now),
    });
    return { session, attempts };
  }

  private idleMs({ inactivitySeconds }: { inactivitySeconds: number }): number {
    return this.touchIntervalMs + inactivitySeconds * 1000;
  }
}

function putIdempotency(session: SessionItem, { key, requestHash }: IdempotencyRequest, now: Date) {
  const nowSeconds = secondsOf(now);
  const item = { sessionId: session.id, requestHash, ttl: nowSeconds + IDEMPOTENCY_SECONDS };
  return write.putIdempotency(idempotencyKey(session, key), item, nowSeconds);
}

const secondsOf = (time: Date): number => Math.floor(time.getTime() / 1000);
