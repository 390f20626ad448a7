import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditActor, AuditDetails } from './audit-event.ts';

/** What a handler knows about a request. */
export interface RequestOrigin {
  requestId?: string;
  sourceIp?: string;
}

/** For whom an event is written: what is running, who asked for it, and how long it may still wait for its logger. */
export interface Entry {
  /** The audit log that writes it; none where no operation runs. */
  audit: object | undefined;
  /** What was running when this began: of another audit log, if one manager works for another. */
  around: Entry | undefined;
  operation: string;
  actor: AuditActor;
  origin: RequestOrigin;
  details: AuditDetails;
  /** Another caller did at the same time what this operation requested, and has the event. */
  joined?: boolean;
  patienceMs: number;
  /** The operation has ended: its event takes no further details. */
  isClosed: boolean;
}

/** One for all audit logs: Node keeps each that was ever used, and before version 24 goes through all of them for every promise. */
export const running = new AsyncLocalStorage<Entry | undefined>();

/**
 * Runs code that others have brought, with all that it starts. What it does with a manager are operations of its own, with
 * events of their own: inside the operation that calls it they would be a part of that one's event.
 */
export function outsideAudit<T>(work: () => T): T {
  return running.getStore() === undefined ? work() : running.run(undefined, work);
}
