import { createParser } from 'eventsource-parser';

/** Where a stream of events is: what it takes to resume it, and how long to wait before (ms). */
export interface StreamPosition {
  lastEventId?: string;
  retryMs?: number;
}

export interface StreamEvent {
  event: string;
  data: string;
}

/** The events of a body as they come, until it ends. Keeps `position` up to date, also of events without data. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array> | null,
  position: StreamPosition = {},
): AsyncGenerator<StreamEvent> {
  if (body === null) return;
  let events: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => void events.push({ event, data }),
    onId: (id) => void (position.lastEventId = id),
    onRetry: (ms) => void (position.retryMs = ms),
  });
  const decoder = new TextDecoder();
  const taken = (): StreamEvent[] => {
    const all = events;
    events = [];
    return all;
  };
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* taken();
  }
  // The last event counts also where the server has left out the empty line after it.
  parser.feed(`${decoder.decode()}\n\n`);
  yield* taken();
}
