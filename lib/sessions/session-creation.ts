import { createHash } from 'node:crypto';
import pTimeout from 'p-timeout';
import stringify from 'safe-stable-stringify';
import type { LogLines } from '../telemetry/log-lines.ts';
import { ContentionError, SessionEndedError, SessionNotFoundError, WorkspaceCreationError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import type { SeatMetrics } from '../limits/seat-metrics.ts';
import type { SessionEnding } from './session-ending.ts';
import type { CreateAttempts, CreateOutcome } from './create-attempts.ts';
import type { RollBack, SessionStore } from './session-store.ts';
import { fileSystemBusy, orFileSystemBusy } from '../workspaces/files/file-error.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { CreateRequest, IdempotencyRequest } from './create-request.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

/** What did not answer the create, table or file system, may not answer this either; the function must (ms). */
const ROLL_BACK_MS = 5_000;

/** Called when a create is rolled back: with the session that it had recorded, and how long ending it took. */
type OnRolledBack = (session: SessionItem, durationMs: number) => Promise<void>;

/** The session, and whether an earlier request with the same idempotency key had created it. */
export interface CreationOutcome {
  session: SessionItem;
  replayed: boolean;
}

/**
 * Creates a session: the directory in `.pending`, then the record with its seats, then the directory to its place.
 *
 *   the record was definitely refused ──▶ the directory in `.pending` is removed
 *   refused, but an attempt before had no answer ──▶ rolled back; if nothing was recorded yet, the directory stays in
 *     `.pending` for a session that may yet come to be, and the sweep removes it after 5 minutes
 *   recorded, but the directory cannot get to its place ──▶ rolled back: ended again, and its idempotency key freed with the
 *     same write; where that does not succeed, the sweep resumes it, and until then its seat is taken: CONTENTION
 *   recorded, and ended by another caller before its directory was in its place ──▶ it was created
 *   crash in between ──▶ the sweep moves the directory to its place, or removes it
 */
export class SessionCreation {
  private readonly store: SessionStore;
  private readonly workspaces: Workspaces;
  private readonly ending: SessionEnding;
  private readonly seats: SeatMetrics;
  private readonly log: LogLines;

  constructor(store: SessionStore, workspaces: Workspaces, ending: SessionEnding, seats: SeatMetrics, log: LogLines) {
    this.store = store;
    this.workspaces = workspaces;
    this.ending = ending;
    this.seats = seats;
    this.log = log;
  }

  /** The session of an earlier request with the same key, if there was one: before a create is prepared in vain. */
  async replayOfKey(owner: Identity, request: IdempotencyRequest, now: Date): Promise<CreationOutcome | undefined> {
    const sessionId = await this.store.sessionOfKey(owner, request, now);
    return sessionId === undefined ? undefined : { session: await this.replay(sessionId), replayed: true };
  }

  async create(request: CreateRequest, onRolledBack: OnRolledBack): Promise<CreationOutcome> {
    const { id } = request.draft;
    const attempts = this.store.create(request);
    const known = await attempts.answerWithoutWriting();
    if (known && 'replayOf' in known) return { session: await this.replay(known.replayOf), replayed: true };
    await orWorkspaceCreationError(this.workspaces.prepare(id));
    const outcome = await this.record(attempts, request, onRolledBack);
    if ('replayOf' in outcome) {
      if (!attempts.mayBeRecorded) await this.workspaces.discard(id);
      return { session: await this.replay(outcome.replayOf), replayed: true };
    }
    // While the directory is moved, so that nobody waits for it.
    const measured = this.seats.measure(outcome.created);
    try {
      const isThere = await orWorkspaceCreationError(this.workspaces.publish(outcome.created));
      if (!isThere && !(await this.hasEnded(id))) {
        throw new WorkspaceCreationError(new Error('the directory that was made aside is gone'));
      }
    } catch (thrown) {
      const rollback = await this.rolledBack(request, onRolledBack);
      if (rollback === 'unknown') throw fileSystemBusy(thrown);
      // Gone: another caller has ended the session that this create had recorded.
      if (rollback === 'rolled back') throw thrown;
    } finally {
      await measured;
    }
    return { session: outcome.created, replayed: false };
  }

  private async record(
    attempts: CreateAttempts,
    request: CreateRequest,
    onRolledBack: OnRolledBack,
  ): Promise<CreateOutcome> {
    try {
      return await attempts.run();
    } catch (thrown) {
      if (!attempts.mayBeRecorded) {
        await this.workspaces.discard(request.draft.id);
        throw thrown;
      }
      const rollback = await this.rolledBack(request, onRolledBack);
      // What the caller is told of a session that may be there must allow for a repetition.
      throw rollback === 'unknown' && !(thrown instanceof ContentionError) ? new ContentionError(thrown) : thrown;
    }
  }

  /** Somebody may end a session as soon as it is recorded. */
  private async hasEnded(sessionId: string): Promise<boolean> {
    return !isActive(await this.store.get(sessionId));
  }

  private async rolledBack(request: CreateRequest, onRolledBack: OnRolledBack): Promise<RollBack['outcome']> {
    return pTimeout(this.rollBack(request, onRolledBack), { milliseconds: ROLL_BACK_MS, fallback: () => 'unknown' });
  }

  /** Goes on when nobody waits for it any more. */
  private async rollBack(
    { draft, idempotency }: CreateRequest,
    onRolledBack: OnRolledBack,
  ): Promise<RollBack['outcome']> {
    const startedAt = performance.now();
    try {
      const { outcome, session } = await this.store.rollBack(draft, idempotency?.key);
      if (session?.status === 'ending' && (await this.ending.resume(session))) {
        await onRolledBack(session, Math.round(performance.now() - startedAt));
      }
      return outcome;
    } catch (thrown) {
      this.log.sessionNotEnded(draft.id, thrown);
      return 'unknown';
    }
  }

  /** The session as it is; its directory is moved in if a crash kept the first request from it. */
  private async replay(sessionId: string): Promise<SessionItem> {
    return orSessionEnded(sessionId, this.published(sessionId));
  }

  private async published(sessionId: string): Promise<SessionItem> {
    const session = await this.store.answerWithIt(await this.active(sessionId));
    const isThere = await orFileSystemBusy(this.workspaces.publish(session));
    // If it is not, the session has ended meanwhile, or its agent has removed its own directory, which is its affair.
    return isThere ? session : this.active(sessionId);
  }

  private async active(sessionId: string): Promise<SessionItem> {
    const session = await this.store.get(sessionId);
    if (!isActive(session)) throw new SessionNotFoundError();
    return session;
  }
}

/** A step on the session that a repeated create is answered with: it has been there. */
export async function orSessionEnded<T>(sessionId: string, step: Promise<T>): Promise<T> {
  return step.catch((thrown: unknown) => {
    throw thrown instanceof SessionNotFoundError ? new SessionEndedError(sessionId) : thrown;
  });
}

async function orWorkspaceCreationError<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (thrown) {
    throw new WorkspaceCreationError(thrown);
  }
}

/** The key, and a hash of everything in the request that must be the same the second time. */
export function idempotencyRequest(key: string | undefined, request: object): IdempotencyRequest | undefined {
  if (key === undefined) return undefined;
  return { key, requestHash: createHash('sha256').update(stringify(request)).digest('hex') };
}
