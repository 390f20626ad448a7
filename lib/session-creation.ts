import { createHash } from 'node:crypto';
import pTimeout from 'p-timeout';
import stringify from 'safe-stable-stringify';
import type { LogLines } from './audit/log-lines.ts';
import { ContentionError, SessionNotFoundError, WorkspaceCreationError } from './errors.ts';
import type { SeatGauge } from './seat-gauge.ts';
import type { SessionEnding } from './session-ending.ts';
import type { CreateRequest, IdempotencyRequest, SessionStore } from './store/session-store.ts';
import type { SessionItem } from './store/table-schema.ts';
import { Contended } from './store/transient.ts';
import { fileSystemBusy, orFileSystemBusy } from './workspace/file-error.ts';
import type { Workspaces } from './workspace/workspaces.ts';

/** What did not answer the create, table or file system, may not answer this either; the function must (ms). */
const TAKE_BACK_MS = 5_000;

/** Told of a session that was recorded and, since its directory could not be moved in, ended; and how long that took. */
type OnTakenBack = (session: SessionItem, durationMs: number) => Promise<void>;

/** Of a create that was to be taken back. `nothing`: seat and key are free again. `unknown`: also that it could not be. */
type Left = 'nothing' | 'ended by others' | 'unknown';

/** The session, and whether an earlier request with the same idempotency key had created it. */
export interface CreationOutcome {
  session: SessionItem;
  replayed: boolean;
}

/**
 * Creates a session: the directory aside, then the record with its seats, then the directory moved in.
 *
 *   refused by the record ──▶ the directory aside is removed
 *   record made, directory cannot be moved in ──▶ ended again, and its idempotency key freed with the same write;
 *     where that does not get to its end either, the sweep takes it up, and until then its seat is taken: CONTENTION
 *   record made, session ended by somebody before its directory was in its place ──▶ it was created all the same
 *   crash in between ──▶ the sweep moves the directory in, or removes it
 */
export class SessionCreation {
  private readonly store: SessionStore;
  private readonly workspaces: Workspaces;
  private readonly ending: SessionEnding;
  private readonly seats: SeatGauge;
  private readonly log: LogLines;

  constructor(store: SessionStore, workspaces: Workspaces, ending: SessionEnding, seats: SeatGauge, log: LogLines) {
    this.store = store;
    this.workspaces = workspaces;
    this.ending = ending;
    this.seats = seats;
    this.log = log;
  }

  async create(request: CreateRequest, onTakenBack: OnTakenBack): Promise<CreationOutcome> {
    const { id } = request.draft;
    const known = await this.store.answerWithoutWriting(request);
    if (known && 'replayOf' in known) return { session: await this.replay(known.replayOf), replayed: true };
    await orWorkspaceCreationError(this.workspaces.prepare(id));
    const outcome = await this.record(request, onTakenBack);
    if ('replayOf' in outcome) {
      await this.workspaces.discard(id);
      return { session: await this.replay(outcome.replayOf), replayed: true };
    }
    // While the directory is moved, so that nobody waits for it.
    const measured = this.seats.measure(outcome.created);
    try {
      const isThere = await orWorkspaceCreationError(this.workspaces.moveIn(outcome.created));
      if (!isThere && !(await this.hasEnded(id))) {
        throw new WorkspaceCreationError(new Error('the directory that was made aside is gone'));
      }
    } catch (thrown) {
      const left = await this.takenBack(request, onTakenBack);
      if (left !== 'ended by others') throw left === 'nothing' ? thrown : fileSystemBusy(thrown);
    } finally {
      await measured;
    }
    return { session: outcome.created, replayed: false };
  }

  private async record(request: CreateRequest, onTakenBack: OnTakenBack) {
    try {
      return await this.store.create(request);
    } catch (thrown) {
      // Without an answer it may have been recorded all the same.
      if (thrown instanceof ContentionError && !(thrown.cause instanceof Contended)) {
        await this.takenBack(request, onTakenBack);
      } else await this.workspaces.discard(request.draft.id);
      throw thrown;
    }
  }

  /** Somebody may end a session as soon as it is recorded. */
  private async hasEnded(sessionId: string): Promise<boolean> {
    return (await this.store.get(sessionId))?.status !== 'active';
  }

  private async takenBack(request: CreateRequest, onTakenBack: OnTakenBack): Promise<Left> {
    return pTimeout(this.takeBack(request, onTakenBack), { milliseconds: TAKE_BACK_MS, fallback: () => 'unknown' });
  }

  /** Goes on when nobody waits for it any more, and then finds whether a repetition was answered with the session. */
  private async takeBack({ draft, idempotency }: CreateRequest, onTakenBack: OnTakenBack): Promise<Left> {
    const startedAt = performance.now();
    try {
      const { isTakenBack, session } = await this.store.abandonCreate(draft, idempotency?.key);
      if (session?.status === 'active') return 'unknown';
      if (session && (await this.ending.resume(session))) {
        await onTakenBack(session, Math.round(performance.now() - startedAt));
      }
      return isTakenBack ? 'nothing' : 'ended by others';
    } catch (thrown) {
      this.log.sessionNotEnded(draft.id, thrown);
      return 'unknown';
    }
  }

  /** The session as it is; its directory is moved in if a crash kept the first request from it. */
  private async replay(sessionId: string): Promise<SessionItem> {
    const session = await this.store.answerWithIt(await this.active(sessionId));
    const isThere = await orFileSystemBusy(this.workspaces.moveIn(session));
    // If it is not, the session has ended meanwhile, or its agent has removed its own directory, which is its affair.
    return isThere ? session : this.active(sessionId);
  }

  private async active(sessionId: string): Promise<SessionItem> {
    const session = await this.store.get(sessionId);
    if (session?.status !== 'active') throw new SessionNotFoundError();
    return session;
  }
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
