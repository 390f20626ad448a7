import {
  EventBridgeClient,
  PutEventsCommand,
  type EventBridgeClientConfig,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import pMap from 'p-map';
import type { EventSink, Undelivered } from './event-sink.ts';
import { EVENT_SOURCE, type SessionEvent } from './session-event.ts';

/** PutEvents takes no more. The largest event has 10 KB, so that ten are far below its limit of 256 KB as well. */
const BATCH = 10;
const AT_ONCE = 4;

/** The bus of EventBridge that is configured, if one is. `settings` say how long to try, and how often. */
export const eventBridgeSink = (
  { eventBusName }: { eventBusName: string | undefined },
  settings: EventBridgeClientConfig,
): EventSink | undefined =>
  eventBusName === undefined ? undefined : new EventBridgeSink(eventBusName, new EventBridgeClient(settings));

class EventBridgeSink implements EventSink {
  private readonly busName: string;
  private readonly client: EventBridgeClient;

  constructor(busName: string, client: EventBridgeClient) {
    this.busName = busName;
    this.client = client;
  }

  async deliver(events: readonly SessionEvent[], signal: AbortSignal): Promise<Undelivered[]> {
    const undelivered = await pMap(batchesOf(events), (batch) => this.put(batch, signal), { concurrency: AT_ONCE });
    return undelivered.flat();
  }

  /** The results come in the order of the entries. */
  private async put(events: readonly SessionEvent[], abortSignal: AbortSignal): Promise<Undelivered[]> {
    const command = new PutEventsCommand({ Entries: events.map((event) => this.entryOf(event)) });
    try {
      const { Entries: results = [] } = await this.client.send(command, { abortSignal });
      return events.flatMap((event, index) => refusalOf(event, results[index]) ?? []);
    } catch (thrown) {
      return events.map((event) => ({ event, reason: thrown }));
    }
  }

  private entryOf(event: SessionEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.busName,
      Source: EVENT_SOURCE,
      DetailType: event.type,
      Detail: JSON.stringify(event),
      Time: new Date(event.time),
    };
  }
}

const batchesOf = (events: readonly SessionEvent[]): SessionEvent[][] =>
  Array.from({ length: Math.ceil(events.length / BATCH) }, (_, batch) =>
    events.slice(batch * BATCH, (batch + 1) * BATCH),
  );

function refusalOf(event: SessionEvent, result: PutEventsResultEntry | undefined): Undelivered | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode = 'no answer', ErrorMessage = '' } = result ?? {};
  return {
    event,
    reason: new Error(`EventBridge did not take ${event.type} ${event.id}: ${ErrorCode} ${ErrorMessage}`),
  };
}
