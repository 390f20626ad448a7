import { IdempotencyConflictError, MaxSessionsReachedError, SessionNotFoundError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import { LIMIT_SCOPES, type Limits, type LimitScope } from '../limits.ts';
import type { DynamoTable, Refusal, Write } from './dynamo-table.ts';
import * as write from './session-writes.ts';
import {
  dueKey,
  dueShardOf,
  idempotencyKey,
  seatsKey,
  sessionKey,
  type EndReason,
  type IdempotencyItem,
  type Key,
  type SeatsItem,
  type SessionItem,
} from './table-schema.ts';
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
  limits: Limits;
  idempotency: IdempotencyRequest | undefined;
  now: Date;
}

/** Created, or the key was used before: for the session it names. */
export type CreateOutcome = { created: SessionItem } | { replayOf: string };

/** Claimed now, or by somebody before; or not there; or not claimed, since it was active after `lastActiveSeen`. */
export type ClaimOutcome = { ending: SessionItem } | 'gone' | 'active';

type CreateWrite = 'session' | 'entry' | 'prompt' | 'idempotency' | LimitScope;

const IDEMPOTENCY_SECONDS = 24 * 60 * 60;

/** Sessions, the seats they take, and their idempotency records. Times in ms. */
export class SessionStore {
  private readonly table: DynamoTable;
  private readonly touchIntervalMs: number;

  constructor(table: DynamoTable, { touchIntervalSeconds }: { touchIntervalSeconds: number }) {
    this.table = table;
    this.touchIntervalMs = touchIntervalSeconds * 1000;
  }

  /**
   * One transaction, repeated with the same items while it meets others. Nothing is written unless all of it is.
   * Throws `MaxSessionsReachedError` and `IdempotencyConflictError`.
   */
  async create(request: CreateRequest): Promise<CreateOutcome> {
    const { draft, limits, idempotency, now } = request;
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
      ...write.takeSeats(session, limits),
      entry: write.putUserEntry(session),
    };
    if (idempotency) writes.idempotency = putIdempotency(session, idempotency, now);
    if (request.systemPrompt !== '') writes.prompt = write.putPrompt(session.id, request.systemPrompt);
    return withRetries(async () => {
      const refusal = await this.table.transactOnce(writes as Record<CreateWrite, Write>);
      return refusal === undefined ? { created: session } : answerToRefusal(refusal, request);
    });
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

  /** First step of an end. With `lastActiveSeen` only if the session was not active since. */
  async claimEnd(sessionId: string, reason: EndReason, lastActiveSeen?: string): Promise<ClaimOutcome> {
    const outcome = await this.table.update<SessionItem>(write.claimEnd(sessionId, reason, lastActiveSeen));
    if (outcome.updated) return { ending: outcome.item };
    if (outcome.found === undefined) return 'gone';
    return outcome.found.status === 'ending' ? { ending: outcome.found } : 'active';
  }

  /** Last step of an end: items and seats, together and once; whoever comes second finds it done. */
  async finishEnd(session: SessionItem): Promise<void> {
    await this.table.transact({
      session: write.deleteEndingSession(session.id),
      ...write.giveSeatsBack(session),
      ...write.deleteBelongings(session),
    });
  }

  /**
   * For a create that went wrong after it was recorded: its end begins and its idempotency key is free, both or neither.
   * Gives the session that is now ending, if there was one.
   */
  async abandonCreate(draft: SessionDraft, key: string | undefined): Promise<SessionItem | undefined> {
    const writes: Partial<Record<'session' | 'idempotency', Write>> = {
      session: { Update: write.claimEnd(draft.id, 'workspace-creation-failed') },
    };
    if (key !== undefined) writes.idempotency = write.freeIdempotency(idempotencyKey(draft, key), draft.id);
    await this.table.transact(writes as Record<'session' | 'idempotency', Write>);
    // Also if it was refused: then somebody ends it already, or an attempt whose reply was lost has begun to.
    const session = await this.get(draft.id);
    return session?.status === 'ending' ? session : undefined;
  }

  /** Seats in use in the given scopes. */
  async countSeats<Scope extends LimitScope>(scopes: Scope[], owner: Identity): Promise<Record<Scope, number>> {
    const keys = new Map(scopes.map((scope) => [scope, seatsKey(scope, owner)]));
    const items = await this.table.getAll<SeatsItem & Key>([...keys.values()]);
    const counted = scopes.map((scope) => [scope, items.find(({ pk }) => pk === keys.get(scope)?.pk)?.active ?? 0]);
    return Object.fromEntries(counted) as Record<Scope, number>;
  }

  /** Seats in use in one scope. */
  async countSeatsOf(scope: LimitScope, owner: Identity): Promise<number> {
    return (await this.table.get<SeatsItem>(seatsKey(scope, owner)))?.active ?? 0;
  }

  private idleMs({ inactivitySeconds }: { inactivitySeconds: number }): number {
    return this.touchIntervalMs + inactivitySeconds * 1000;
  }
}

function putIdempotency(session: SessionItem, { key, requestHash }: IdempotencyRequest, now: Date) {
  const nowSeconds = Math.floor(now.getTime() / 1000);
  const item = { sessionId: session.id, requestHash, ttl: nowSeconds + IDEMPOTENCY_SECONDS };
  return write.putIdempotency(idempotencyKey(session, key), item, nowSeconds);
}

/**
 * In this order: an earlier attempt of ours went through and its reply was lost; a replay, which beats a full limit;
 * somebody is just now creating under the same key, or an earlier attempt of ours is, so nothing is known yet; a limit
 * is full.
 */
function answerToRefusal(refusal: Refusal<CreateWrite>, { idempotency, limits }: CreateRequest): CreateOutcome {
  const own = refusal.item<SessionItem>('session');
  if (own) return { created: own };
  const earlier = refusal.item<IdempotencyItem>('idempotency');
  if (earlier) {
    if (earlier.requestHash !== idempotency?.requestHash) throw new IdempotencyConflictError();
    return { replayOf: earlier.sessionId };
  }
  if (refusal.contended.has('idempotency') || refusal.contended.has('session')) throw new Contended();
  for (const scope of LIMIT_SCOPES) {
    const seats = refusal.item<SeatsItem>(scope);
    if (seats) throw new MaxSessionsReachedError(scope, limits[scope], seats.active);
  }
  throw new Error('a create was refused by a condition that found nothing');
}
