import { createHash } from 'node:crypto';
import pTimeout from 'p-timeout';
import stringify from 'safe-stable-stringify';
import type { LogLines } from '../telemetry/log-lines.ts';
import {
  ContentionError,
  MaxSessionsReachedError,
  SessionEndedError,
  SessionNotFoundError,
  WorkspaceCreationError,
} from '../errors.ts';
import type { SeatMetrics } from '../limits/seat-metrics.ts';
import type { Identity, ScopeOwner } from '../identity.ts';
import type { DueSessions } from './due-sessions.ts';
import type { SessionEnding } from './session-ending.ts';
import type { CreateAttempts, CreateOutcome } from './create-attempts.ts';
import type { RollBack, SessionStore } from './session-store.ts';
import { fileSystemBusy, orFileSystemBusy } from '../workspaces/files/file-error.ts';
import { isFileSystemError } from '../workspaces/files/errno.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { CreateRequest, IdempotencyRequest } from './create-request.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

/** A table or file system that did not answer the create may not answer the rollback either; the function must answer (ms). */
const ROLL_BACK_MS = 5_000;

/** A create that has taken this long is not tried again, because the function must answer (ms). */
const TRY_AGAIN_MS = 8_000;

/** Called with a session that was ended, as it was before, and how long that took. */
type OnEnded = (session: SessionItem, durationMs: number) => Promise<void>;

/** What a create may end, and reports: the session that it had recorded, and others that were due and in its way. */
interface CreationReports {
  rolledBack: OnEnded;
  dueEnded: OnEnded;
}

/** The session, and whether an earlier request with the same idempotency key had created it. */
export interface CreationOutcome {
  session: SessionItem;
  replayed: boolean;
}

/**
 * Creates a session: stages its directory in `.pending`, records it with its seats in one transaction, then publishes the
 * directory. What happens if one of these steps fails:
 *
 *   crash before the transaction ──▶ the sweep finds no session, and removes the directory after 5 minutes
 *   the transaction is refused ──▶ the directory in `.pending` is removed. If the limit of a user or an organisation is full,
 *     the create ends some sessions that are due, and tries again if one has ended
 *   refused, after an attempt without an answer ──▶ rolled back. If nothing is recorded yet, the directory stays in `.pending`
 *     for a session that may still be recorded; the sweep removes it after 5 minutes
 *   no attempt is answered ──▶ rolled back, unless a repeated request was answered with the session
 *   crash after the transaction ──▶ the session is active. A request with the same idempotency key, the first use of its
 *     files, or the sweep publishes the directory
 *   recorded, but the directory cannot be published ──▶ rolled back: one write begins the end and frees the idempotency key.
 *     If that fails, the sweep ends the session; until then its seat is taken: CONTENTION
 *   recorded, and ended by another caller before its directory is published ──▶ the create succeeds
 *   crash before the answer ──▶ a request with the same idempotency key gets the session; without a key it ends when idle
 */
export class SessionCreation {
  private readonly store: SessionStore;
  private readonly workspaces: Workspaces;
  private readonly ending: SessionEnding;
  private readonly dueSessions: DueSessions;
  private readonly seats: SeatMetrics;
  private readonly log: LogLines;

  constructor(
    store: SessionStore,
    workspaces: Workspaces,
    ending: SessionEnding,
    dueSessions: DueSessions,
    seats: SeatMetrics,
    log: LogLines,
  ) {
    this.dueSessions = dueSessions;
    this.store = store;
    this.workspaces = workspaces;
    this.ending = ending;
    this.seats = seats;
    this.log = log;
  }

  /** The session of an earlier request with the same key, if there was one: before a create is prepared in vain. */
  async replayOfKey(owner: Identity, request: IdempotencyRequest, now: Date): Promise<SessionItem | undefined> {
    const sessionId = await this.store.sessionOfKey(owner, request, now);
    return sessionId === undefined ? undefined : this.replay(sessionId);
  }

  async create(
    request: CreateRequest,
    reports: CreationReports,
    startedAt = performance.now(),
  ): Promise<CreationOutcome> {
    const attempts = this.store.create(request);
    try {
      return await this.createBy(attempts, request, reports.rolledBack);
    } catch (thrown) {
      // Only what was certainly not recorded is tried again.
      if (!(thrown instanceof MaxSessionsReachedError) || attempts.mayBeRecorded) throw thrown;
      const found = await this.dueSessions.endSome(ownerOf(thrown, request), request.now, reports.dueEnded);
      const isLate = performance.now() - startedAt > TRY_AGAIN_MS;
      if (!found?.settled || isLate) throw withDue(thrown, found?.due);
      // Another limit may refuse it then, and have sessions of its own in the way.
      return this.create(request, reports, startedAt);
    }
  }

  private async createBy(
    attempts: CreateAttempts,
    request: CreateRequest,
    onRolledBack: OnEnded,
  ): Promise<CreationOutcome> {
    const { id } = request.draft;
    const known = await attempts.answerWithoutWriting();
    if (known && 'replayOf' in known) return { session: await this.replay(known.replayOf), replayed: true };
    await this.checkRoot();
    await orWorkspaceCreationError(this.workspaces.prepare(id));
    const outcome = await this.record(attempts, request, onRolledBack);
    if ('replayOf' in outcome) {
      if (!attempts.mayBeRecorded) await this.workspaces.discard(id);
      return { session: await this.replay(outcome.replayOf), replayed: true };
    }
    // Runs while the directory is published, so it delays no answer.
    const measured = this.seats.measure(outcome.created);
    try {
      const isThere = await orWorkspaceCreationError(this.workspaces.publish(outcome.created));
      if (!isThere && !(await this.hasEnded(id))) {
        throw new WorkspaceCreationError(new Error('the directory that was staged is gone'));
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
    onRolledBack: OnEnded,
  ): Promise<CreateOutcome> {
    try {
      return await attempts.run();
    } catch (thrown) {
      if (!attempts.mayBeRecorded) {
        await this.workspaces.discard(request.draft.id);
        throw thrown;
      }
      const rollback = await this.rolledBack(request, onRolledBack);
      // The session may be there: the caller must get an error after which it may repeat the request.
      throw rollback === 'unknown' && !(thrown instanceof ContentionError) ? new ContentionError(thrown) : thrown;
    }
  }

  /** A wrong root, or a table that cannot be read, is no failure of the directory. */
  private async checkRoot(): Promise<void> {
    await this.workspaces.checkRoot().catch((thrown: unknown) => {
      throw isFileSystemError(thrown) ? new WorkspaceCreationError(thrown) : thrown;
    });
  }

  /** A session can be ended as soon as it is recorded. */
  private async hasEnded(sessionId: string): Promise<boolean> {
    return !isActive(await this.store.get(sessionId));
  }

  private async rolledBack(request: CreateRequest, onRolledBack: OnEnded): Promise<RollBack['outcome']> {
    return pTimeout(this.rollBack(request, onRolledBack), { milliseconds: ROLL_BACK_MS, fallback: () => 'unknown' });
  }

  /** Continues after `rolledBack` has given up waiting. */
  private async rollBack({ draft, idempotency }: CreateRequest, onRolledBack: OnEnded): Promise<RollBack['outcome']> {
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

  /** The session as it is. Publishes its directory if a crash kept the first request from it. */
  private async replay(sessionId: string): Promise<SessionItem> {
    return orSessionEnded(sessionId, this.published(sessionId));
  }

  private async published(sessionId: string): Promise<SessionItem> {
    const session = await this.store.answerWithIt(await this.active(sessionId));
    const isThere = await orFileSystemBusy(this.workspaces.publish(session));
    // If the directory is missing, another caller ended the session, which is reported, or the agent deleted it, which is not.
    return isThere ? session : this.active(sessionId);
  }

  private async active(sessionId: string): Promise<SessionItem> {
    const session = await this.store.get(sessionId);
    if (!isActive(session)) throw new SessionNotFoundError();
    return session;
  }
}

/** Whose limit refused the create. */
function ownerOf({ details }: MaxSessionsReachedError, { draft }: CreateRequest): ScopeOwner {
  const { userId, orgId } = draft;
  return { scope: details.scope, userId, orgId };
}

function withDue({ details }: MaxSessionsReachedError, due: number | undefined): MaxSessionsReachedError {
  return new MaxSessionsReachedError(details.scope, details.limit, details.active, due);
}

/** A step on the session that a repeated create is answered with. If it is not there now, it has ended. */
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
