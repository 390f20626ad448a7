import { answerInTime } from '../../answer-in-time.ts';
import { MaxSessionsReachedError, SessionEndedError, toSessionManagerError } from '../../errors.ts';
import { outsideAudit, running, type Entry, type RequestOrigin } from './audit-context.ts';
import { auditEventName, type AuditRow, type EffectRow } from './audit-row.ts';
import type { AuditActor, AuditDetails, AuditEvent, AuditLogger } from './audit-event.ts';
import { outcomeOf } from './audit-outcome.ts';

/**
 * Called when an operation ends, with what it threw, if it threw, and the logger. Returns the event that the logger receives.
 * Must not throw.
 */
export type OnOperation = (event: AuditEvent, thrown: unknown, logger: AuditLogger) => AuditEvent;

/** How long an operation waits for the logger, for all of its events together (ms). */
const LOG_MS = 2_000;

/**
 * Writes one event for each operation. Operations call each other; the outermost one is the one that the caller requested.
 * Its event is written, with the details that the inner ones noted. Effects of an operation have events of their own.
 */
export class AuditLog {
  private logger: AuditLogger;
  private readonly onLoggerFailure: (thrown: unknown) => void;
  private readonly onOperation: OnOperation;

  constructor(
    logger: AuditLogger,
    onLoggerFailure: (thrown: unknown) => void,
    onOperation: OnOperation = (event) => event,
  ) {
    this.logger = logger;
    this.onLoggerFailure = onLoggerFailure;
    this.onOperation = onOperation;
  }

  setLogger(logger: AuditLogger): void {
    this.logger = logger;
  }

  async record<T>(
    row: AuditRow,
    actor: AuditActor,
    details: AuditDetails,
    work: () => Promise<T>,
    origin: RequestOrigin = {},
  ): Promise<T> {
    if (this.openEntry()) {
      this.note(details);
      return work();
    }
    const entry: Entry = {
      audit: this,
      around: running.getStore(),
      operation: row.operation,
      actor,
      origin,
      details: { ...details },
      patienceMs: LOG_MS,
      isClosed: false,
    };
    const startedAt = performance.now();
    const written = (outcome: Pick<AuditEvent, 'result' | 'code' | 'refusal'>, thrown?: unknown) => {
      entry.isClosed = true;
      const event: AuditEvent = {
        event: auditEventName(row, outcome.result, entry.joined),
        operation: row.operation,
        ...outcome,
        actor: { ...entry.actor },
        ...origin,
        ...entry.details,
        durationMs: Math.round(performance.now() - startedAt),
      };
      return this.write(this.onOperation(event, thrown, this.logger), entry);
    };
    try {
      const result = await running.run(entry, work);
      await written({ result: 'success' });
      return result;
    } catch (thrown) {
      const error = toSessionManagerError(thrown);
      Object.assign(entry.details, detailsOf(error));
      await written(outcomeOf(error.code), error);
      throw thrown;
    }
  }

  /** Adds to the event of the operation that is running. */
  note(details: AuditDetails): void {
    const entry = this.openEntry();
    if (entry) Object.assign(entry.details, details);
  }

  /** Another caller did at the same time what this operation requested, and has the one event of it. */
  noteJoined(): void {
    const entry = this.openEntry();
    if (entry) entry.joined = true;
  }

  /** Who is calling, once it is known. */
  noteActor(actor: AuditActor): void {
    const entry = this.openEntry();
    if (entry) entry.actor = actor;
  }

  /**
   * Writes the event of an effect: of the operation that is running, of one that could not wait for it, or, if there is
   * none, of a change of the table.
   */
  async emit({ event }: EffectRow, details: AuditDetails, durationMs: number): Promise<void> {
    const entry = this.entry() ?? ofService();
    const { operation, origin } = entry;
    const actor = { ...entry.actor };
    await this.write({ event, operation, result: 'success', actor, ...origin, ...details, durationMs }, entry);
  }

  private openEntry(): Entry | undefined {
    const entry = this.entry();
    return entry?.isClosed ? undefined : entry;
  }

  private entry(): Entry | undefined {
    let entry = running.getStore();
    while (entry && entry.audit !== this) entry = entry.around;
    return entry;
  }

  private async write(event: AuditEvent, entry: Entry): Promise<void> {
    const startedAt = performance.now();
    try {
      await outsideAudit(() => answerInTime<unknown>(this.logger.log(event), entry.patienceMs));
    } catch (thrown) {
      this.onLoggerFailure(thrown);
    } finally {
      entry.patienceMs = Math.max(1, entry.patienceMs - (performance.now() - startedAt));
    }
  }
}

const ofService = (): Entry => ({
  audit: undefined,
  around: undefined,
  operation: 'sessionEvents',
  actor: { kind: 'service' },
  origin: {},
  details: {},
  patienceMs: LOG_MS,
  isClosed: false,
});

/** Which limit a create was refused by, or which session it had created before. */
function detailsOf(error: unknown): AuditDetails {
  if (error instanceof SessionEndedError) return { sessionId: error.details.sessionId };
  if (!(error instanceof MaxSessionsReachedError)) return {};
  const { scope, limit, active } = error.details;
  return { limitScope: scope, limit, active };
}
