import { AsyncLocalStorage } from 'node:async_hooks';
import pTimeout from 'p-timeout';
import { FAILURE_CODES, toSessionManagerError } from '../errors.ts';
import type { AuditActor, AuditDetails, AuditEvent, AuditLogger } from './audit-event.ts';

/** What a door knows about a request. */
export interface RequestOrigin {
  requestId?: string;
  sourceIp?: string;
}

interface Entry {
  actor: AuditActor;
  details: AuditDetails;
}

/** Told of each operation as it ends, with the details of its error. Must not throw. */
export type OnOperation = (event: AuditEvent, details: Readonly<Record<string, unknown>>) => void;

const LOG_MS = 2_000;

/**
 * Writes one event per operation. Operations call each other; the outermost one is what the caller asked for, and so it
 * is the one that is written, with everything that those inside noted.
 */
export class AuditTrail {
  private logger: AuditLogger;
  private readonly onLoggerFailure: (thrown: unknown) => void;
  private readonly onOperation: OnOperation;
  private readonly running = new AsyncLocalStorage<Entry>();

  constructor(
    logger: AuditLogger,
    onLoggerFailure: (thrown: unknown) => void,
    onOperation: OnOperation = () => undefined,
  ) {
    this.logger = logger;
    this.onLoggerFailure = onLoggerFailure;
    this.onOperation = onOperation;
  }

  setLogger(logger: AuditLogger): void {
    this.logger = logger;
  }

  async record<T>(
    operation: string,
    actor: AuditActor,
    details: AuditDetails,
    work: () => Promise<T>,
    origin: RequestOrigin = {},
  ): Promise<T> {
    if (this.running.getStore()) {
      this.note(details);
      return work();
    }
    const entry: Entry = { actor, details: { ...details } };
    const startedAt = performance.now();
    const written = (outcome: Pick<AuditEvent, 'result' | 'code'>, errorDetails = {}) => {
      const event: AuditEvent = {
        operation,
        ...outcome,
        actor: entry.actor,
        ...origin,
        ...entry.details,
        durationMs: Math.round(performance.now() - startedAt),
      };
      this.onOperation(event, errorDetails);
      return this.write(event);
    };
    try {
      const result = await this.running.run(entry, work);
      await written({ result: 'success' });
      return result;
    } catch (thrown) {
      const { code, details: errorDetails } = toSessionManagerError(thrown);
      await written({ result: FAILURE_CODES.includes(code) ? 'failed' : 'refused', code }, errorDetails);
      throw thrown;
    }
  }

  /** Adds to the event of the operation that is running. */
  note(details: AuditDetails): void {
    const entry = this.running.getStore();
    if (entry) Object.assign(entry.details, details);
  }

  /** Who is calling, once it is known. */
  noteActor(actor: AuditActor): void {
    const entry = this.running.getStore();
    if (entry) entry.actor = actor;
  }

  async write(event: AuditEvent): Promise<void> {
    try {
      await pTimeout(
        Promise.resolve().then(() => this.logger.log(event)),
        { milliseconds: LOG_MS },
      );
    } catch (thrown) {
      this.onLoggerFailure(thrown);
    }
  }
}
