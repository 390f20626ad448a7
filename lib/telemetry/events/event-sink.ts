import type { SessionEvent } from './session-event.ts';

/** An event that was not taken, and why. */
export interface Undelivered {
  event: SessionEvent;
  reason: unknown;
}

/** Where events go. */
export interface EventSink {
  /** Gives those that were not taken; the others were. Does not throw. */
  deliver(events: readonly SessionEvent[], signal: AbortSignal): Promise<Undelivered[]>;
}
