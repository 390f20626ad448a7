import type { EventSink, Undelivered } from '../lib/telemetry/events/event-sink.ts';
import type { SessionEvent } from '../lib/telemetry/events/session-event.ts';

const KEPT = 1_000;
const MAX_LISTENERS = 32;

export type Listener = (event: SessionEvent) => void;

/** The latest events, for those who listen now and those who come back. In place of EventBridge, in memory. */
export class EventFeed implements EventSink {
  /** By id, oldest first. */
  private readonly kept = new Map<string, SessionEvent>();
  private readonly listeners = new Set<Listener>();

  /** One that is delivered again is passed on once. */
  async deliver(events: readonly SessionEvent[]): Promise<Undelivered[]> {
    for (const event of events) {
      if (this.kept.has(event.id)) continue;
      this.kept.set(event.id, event);
      const [oldest] = this.kept.keys();
      if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
      for (const listener of this.listeners) listener(event);
    }
    return [];
  }

  /** Of the latest event. */
  get lastId(): string | undefined {
    return [...this.kept.keys()].at(-1);
  }

  /** What came after an event; everything that is kept if that one is not known any more. */
  since(eventId: string): SessionEvent[] {
    const events = [...this.kept.values()];
    return events.slice(events.findIndex(({ id }) => id === eventId) + 1);
  }

  /** Gives what ends it; nothing if there are as many listeners as there may be. */
  listen(listener: Listener): (() => void) | undefined {
    if (this.listeners.size >= MAX_LISTENERS) return undefined;
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
