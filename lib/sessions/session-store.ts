import { randomUUID } from 'node:crypto';
import { IDEMPOTENCY_HOURS, SessionConflictError, SessionNotFoundError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import { limitOwnersOf } from '../limits/limit.ts';
import { CreateAttempts, type CreateWrite } from './create-attempts.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import type { SeatStore } from '../limits/seat-store.ts';
import { SeatTransaction } from '../limits/seat-transaction.ts';
import * as write from './session-writes.ts';
import { storedSession, storedSessions } from '../table/stored-session.ts';
import { idempotencyKey, sessionKey } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import type { UpdateWrite, Write } from '../table/write.ts';
import { dueKey, dueShardOf } from './due-index.ts';
import { ROLLED_BACK, type EndReason } from '../telemetry/events/session-event.ts';
import { isActive, type IdempotencyItem, type SessionItem } from '../table/session-item.ts';
import {
  livingKey,
  sessionOfEarlier,
  type SessionDraft,
  type IdempotencyRequest,
  type CreateRequest,
} from './create-request.ts';
import { metadataAfter, type MetadataChange } from './metadata-change.ts';
import { putPrompt } from '../prompts/system-prompt-writes.ts';

/** What a rollback came to (`gone`: there was nothing to roll back), and what there is of the session. */
export interface RollBack {
  outcome: 'rolled back' | 'gone' | 'unknown';
  session: SessionItem | undefined;
}

const IDEMPOTENCY_SECONDS = IDEMPOTENCY_HOURS * 60 * 60;

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

  /** The attempts at recording a session. Nothing is written unless all of it is. */
  create({ draft, systemPrompt, idempotency, now }: CreateRequest): CreateAttempts {
    const session: SessionItem = {
      ...draft,
      status: 'active',
      createdAt: now.toISOString(),
      lastActiveAt: now.toISOString(),
      version: 1,
      dueShard: dueShardOf(draft.id),
      due: dueKey(now.getTime(), this.idleMs(draft)),
    };
    const writes: Partial<Record<CreateWrite, Write>> = {
      session: write.putSession(session),
      entry: write.putUserEntry(session),
    };
    if (idempotency) writes.idempotency = putIdempotency(session, idempotency, now);
    if (systemPrompt !== '') writes.prompt = putPrompt(session.id, systemPrompt);
    return new CreateAttempts(this.table, this.seats, {
      session,
      writes,
      idempotency: idempotency && { ...idempotency, at: idempotencyKey(draft, idempotency.key) },
      nowSeconds: secondsOf(now),
    });
  }

  /**
   * The session that an earlier request of the same owner with the same key created, while the key lives. Throws
   * `IdempotencyConflictError` if that was another request.
   */
  async sessionOfKey(owner: Identity, request: IdempotencyRequest, now: Date): Promise<string | undefined> {
    const stored = await this.table.get<IdempotencyItem>(idempotencyKey(owner, request.key));
    const earlier = livingKey(stored, secondsOf(now));
    return earlier && sessionOfEarlier(earlier, request);
  }

  async get(sessionId: string): Promise<SessionItem | undefined> {
    return storedSession(await this.table.get<SessionItem>(sessionKey(sessionId)));
  }

  async getAll(sessionIds: string[]): Promise<SessionItem[]> {
    return storedSessions(await this.table.getAll<SessionItem>(sessionIds.map(sessionKey)));
  }

  /** Writes the activity only if the last one written is older than the touch interval. */
  async touch(session: SessionItem, now: Date): Promise<SessionItem> {
    if (now.getTime() - Date.parse(session.lastActiveAt) < this.touchIntervalMs) return session;
    const { updated, session: stored } = await this.update(write.touch(session, now, this.idleMs(session)));
    if (!stored || (!updated && !isActive(stored))) throw new SessionNotFoundError();
    return stored;
  }

  /**
   * Changes the metadata of a session that was just read. What is merged, or names a version, is written only if the session is
   * as it was seen; a merge then starts from what is there now:
   *
   *   A reads ── A writes
   *        B reads ──── B: another version ── B merges into what A wrote ── B writes
   */
  async changeMetadata(session: SessionItem, change: MetadataChange): Promise<SessionItem> {
    const { version, merge } = change;
    if (version === undefined && !merge) {
      return this.updated(write.setMetadata(session.id, metadataAfter(session.metadata, change)));
    }
    let seen = session;
    return withRetries(async () => {
      if (version !== undefined && seen.version !== version) throw new SessionConflictError(seen.version);
      const writeId = randomUUID();
      const after = metadataAfter(seen.metadata, change);
      const { updated, session: stored } = await this.update(write.setMetadataOf(seen, after, writeId));
      if (stored && (updated || stored.metadataWriteId === writeId)) return stored;
      if (!isActive(stored)) throw new SessionNotFoundError();
      seen = stored;
      throw new Contended('the session changed meanwhile');
    });
  }

  /** When the session becomes due if nothing happens (ms): an activity may be a touch interval younger than written. */
  expiresAt(session: SessionItem): number {
    return Date.parse(session.lastActiveAt) + this.idleMs(session);
  }

  /** Whether it has expired, or its end was begun and interrupted. */
  isDue(session: SessionItem, now: Date): boolean {
    return session.status === 'ending' || this.expiresAt(session) < now.getTime();
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
    const { session } = await this.update(write.claimEnd(sessionId, reason, lastActiveSeen));
    return session?.status === 'ending' ? session : undefined;
  }

  /**
   * Last step of an end: items and seats, together and once; a second call finds it done. True for the one that
   * did it. An attempt without an answer may have done it, so it is repeated with its token: the answer shows it.
   */
  async finishEnd(session: SessionItem): Promise<boolean> {
    const transaction = new SeatTransaction(this.table, this.seats, limitOwnersOf(session));
    const others = { session: write.deleteEndingSession(session.id), ...write.deleteBelongings(session) };
    return withRetries(async () => {
      const refusal = await transaction.send<string>(() => ({ ...others, ...transaction.giveSeatsBack() }));
      if (!refusal) return true;
      if (refusal.failed('session')) return false;
      transaction.forgetWhere((scope) => refusal.failed(scope));
      throw new Contended('an item for seats is gone');
    });
  }

  /** For a repeated create, before it is answered with the session: from then on it is not rolled back. */
  async answerWithIt(session: SessionItem): Promise<SessionItem> {
    if (session.repeated) return session;
    return this.updated(write.answerWithIt(session.id));
  }

  /**
   * For a create that went wrong after it may have been recorded: its end begins and its idempotency key is free, both or
   * neither; neither if its repetition was answered with the session, or if another call ends it.
   */
  async rollBack(draft: SessionDraft, key: string | undefined): Promise<RollBack> {
    const writes: Partial<Record<'session' | 'idempotency', Write>> = {
      session: { Update: write.rollBack(draft.id) },
    };
    if (key !== undefined) writes.idempotency = write.freeIdempotency(idempotencyKey(draft, key), draft.id);
    const transaction = this.table.transaction();
    const refusal = await transaction.run(writes as Record<'session' | 'idempotency', Write>);
    const session = await this.get(draft.id);
    // Only this create writes that reason, if not with the attempt that was answered.
    if (!refusal || session?.endReason === ROLLED_BACK) return { outcome: 'rolled back', session };
    const isGone = !isActive(session) && !transaction.mayBeCarriedOut;
    return { outcome: isGone ? 'gone' : 'unknown', session };
  }

  /** Whether it was done, and the session after it, or as it is instead. */
  private async update(update: UpdateWrite): Promise<{ updated: boolean; session: SessionItem | undefined }> {
    const outcome = await this.table.update<SessionItem>(update);
    return { updated: outcome.updated, session: storedSession(outcome.updated ? outcome.item : outcome.found) };
  }

  private async updated(update: UpdateWrite): Promise<SessionItem> {
    const { updated, session } = await this.update(update);
    if (!updated || !session) throw new SessionNotFoundError();
    return session;
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
