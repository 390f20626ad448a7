import { buffer } from 'node:stream/consumers';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { NotAvailableError, SessionManagerError } from '../../errors.ts';
import { pause } from './call-limits.ts';
import { errorOf } from './http-answer.ts';
import { headerValue } from './http-request.ts';
import {
  authorized,
  DEFAULT_TIMEOUT_MS,
  exchanged,
  NoAnswerError,
  whyNoAnswer,
  type SenderSettings,
} from './http-sender.ts';

/** Where one machine tells the events of all sessions. On AWS there is no such route. */
export const EVENTS_PATH = '/events';
/** Of a request: after which event it begins. Of an answer: the latest one by then. */
export const LAST_EVENT_ID = 'last-event-id';

/** The server says every 15 s that it is there. */
const SILENCE_MS = 45_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** With the pauses about a minute. */
const MAX_FAILURES = 10;
/** A connection that ends sooner, and told of nothing, is a failure too. */
const STEADY_MS = 5_000;

export interface WatchOptions {
  /** Begins after the event with this id, as far as the server still knows what came after it. */
  lastEventId?: string | undefined;
  onConnected?: () => void;
  /** The connection is lost, and is made again. */
  onLost?: () => void;
}

/**
 * The events of all sessions as they happen, each as its JSON text. A connection that is lost is made again, and goes on
 * after the last event, or where the first one began; it throws what went wrong last where that fails for about a minute,
 * or the first one does.
 */
export async function* watchEvents(
  settings: SenderSettings,
  options: WatchOptions = {},
): AsyncGenerator<string, never> {
  let { lastEventId } = options;
  let failures = -1;
  for (;;) {
    let connectedAt: number | undefined;
    const onConnected = (position: string | undefined) => {
      lastEventId ??= position;
      connectedAt = performance.now();
      failures = Math.max(failures, 0);
      options.onConnected?.();
    };
    try {
      for await (const { id, data } of eventsOf(settings, lastEventId, onConnected)) {
        lastEventId = id ?? lastEventId;
        failures = 0;
        yield data;
      }
      if (failures >= MAX_FAILURES) throw new NoAnswerError(`${new URL(settings.url).origin} ends each connection.`);
    } catch (thrown) {
      if (!mayPass(thrown) || failures < 0 || failures >= MAX_FAILURES) throw thrown;
    }
    if (connectedAt !== undefined) {
      if (performance.now() - connectedAt > STEADY_MS) failures = 0;
      options.onLost?.();
    }
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++), settings.signal);
  }
}

/** There is no answer, or that of a server that is just stopping or has no room now. */
const mayPass = (thrown: unknown): boolean =>
  thrown instanceof NoAnswerError || (thrown instanceof SessionManagerError && thrown.code === 'CONTENTION');

/** The events of one connection, until it ends. */
async function* eventsOf(
  settings: SenderSettings,
  lastEventId: string | undefined,
  onConnected: (position: string | undefined) => void,
): AsyncGenerator<EventSourceMessage> {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastEventId !== undefined) headers[LAST_EVENT_ID] = headerValue(LAST_EVENT_ID, lastEventId);
  const request = await authorized({ method: 'GET', target: EVENTS_PATH, headers, body: undefined }, settings);
  const given = new AbortController();
  const { signal: time } = given;
  let timer = setTimeout(() => given.abort(), settings.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  try {
    const { status, headers: answerHeaders, body } = await exchanged(request, settings, time);
    if (status === 404) throw new NotAvailableError('The stream of events');
    if (status !== 200) throw errorOf(status, answerHeaders, await buffer(body));
    onConnected(answerHeaders.get(LAST_EVENT_ID) ?? undefined);
    clearTimeout(timer);
    timer = setTimeout(() => given.abort(), SILENCE_MS);
    const events: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => events.push(event) });
    const decoder = new TextDecoder();
    for await (const bytes of body) {
      timer.refresh();
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* events.splice(0);
    }
  } catch (thrown) {
    throw thrown instanceof SessionManagerError ? thrown : whyNoAnswer(thrown, settings, time);
  } finally {
    clearTimeout(timer);
    given.abort();
  }
}
