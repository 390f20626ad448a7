import { AsyncLocalStorage } from 'node:async_hooks';
import pTimeout from 'p-timeout';
import { toSessionManagerError, type ErrorCode } from '../errors.ts';
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

const LOG_MS = 2_000;
const OURS: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'CONTENTION', 'WORKSPACE_CREATION', 'MCP_CONNECTION']);

/**
 * Writes one event per operation. Operations call each other; the outermost one is what the caller asked for, and so it
 * is the one that is written, with everything that those inside noted.
 */
export class AuditTrail {
  private logger: AuditLogger;
  private readonly onLoggerFailure: (thrown: unknown) => void;
  private readonly running = new AsyncLocalStorage<Entry>();

  constructor(logger: AuditLogger, onLoggerFailure: (thrown: unknown) => void) {
    this.logger = logger;
    this.onLoggerFailure = onLoggerFailure;
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
    const written = (outcome: Pick<AuditEvent, 'result' | 'code'>) =>
      this.write({
        operation,
        ...outcome,
        actor: entry.actor,
        ...origin,
        ...entry.details,
        durationMs: Math.round(performance.now() - startedAt),
      });
    try {
      const result = await this.running.run(entry, work);
      await written({ result: 'success' });
      return result;
    } catch (thrown) {
      const { code } = toSessionManagerError(thrown);
      await written({ result: OURS.has(code) ? 'failed' : 'refused', code });
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
