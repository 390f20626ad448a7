import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOfEvent } from '../lib/api/caller-of-event.ts';
import type { HttpEvent } from '../lib/api/http-event.ts';
import { isKnownError } from '../lib/api/client/error-of-code.ts';
import { EVENTS_PATH, LAST_EVENT_ID } from '../lib/api/client/event-watch.ts';
import { problemAnswer } from '../lib/api/http-answer/problem-answer.ts';
import { readConfig } from '../lib/configuration.ts';
import { ContentionError, ForbiddenError } from '../lib/errors.ts';
import type { SessionEvent } from '../lib/telemetry/events/session-event.ts';
import type { EventFeed } from './event-feed.ts';
import { headersOf } from './api-gateway.ts';
import { TokenRefused, type TokenVerifier } from './jwt/token-verifier.ts';
import { sendResult } from './send-result.ts';

/** So that whoever waits, and what stands between, knows that the connection is alive. */
const HEARTBEAT_MS = 15_000;
/** A reader that is this far behind is dropped: it may come back with `Last-Event-ID`. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** No event has it: what comes after it is everything. */
const BEFORE_ALL = 'none';

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/** `GET /events`: the events of all sessions as they happen, as server-sent events, for operators. */
export function serveEvents(
  app: FastifyInstance,
  feed: EventFeed,
  {
    verifier,
    heartbeatMs = HEARTBEAT_MS,
  }: { verifier?: TokenVerifier | undefined; heartbeatMs?: number | undefined } = {},
): void {
  const open = new Set<ServerResponse>();
  // A stream has no end of its own, and a stop would wait for it.
  app.addHook('preClose', async () => open.forEach((response) => response.end()));
  app.get(EVENTS_PATH, { exposeHeadRoute: false }, (request, reply) =>
    serve(request, reply, () => stream(request, reply)),
  );
  app.head(EVENTS_PATH, (request, reply) => serve(request, reply, () => void reply.headers(headersNow()).send()));

  async function serve(request: FastifyRequest, reply: FastifyReply, answer: () => void): Promise<void> {
    try {
      await checkOperator(request, verifier);
      answer();
    } catch (thrown) {
      if (thrown instanceof TokenRefused) return void sendResult(reply, thrown.answer);
      if (!isKnownError(thrown)) throw thrown;
      sendResult(reply, problemAnswer(thrown, randomUUID(), readConfig(process.env).authMode));
    }
  }

  const headersNow = () => ({ ...HEADERS, [LAST_EVENT_ID]: feed.lastId ?? BEFORE_ALL });

  function stream(request: FastifyRequest, reply: FastifyReply): void {
    const { raw: response } = reply;
    const write = (text: string) => {
      response.write(text);
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    };
    const stopListening = feed.listen((event) => write(asText(event)));
    if (!stopListening) throw new ContentionError(undefined, 'The feed of events');
    reply.hijack();
    response.writeHead(200, headersNow());
    write(':\n\n');
    const { [LAST_EVENT_ID]: lastEventId } = request.headers;
    if (lastEventId !== undefined) feed.since(String(lastEventId)).forEach((event) => write(asText(event)));
    const heartbeat = setInterval(() => write(':\n\n'), heartbeatMs);
    open.add(response);
    response.on('error', () => response.destroy());
    response.once('close', () => {
      clearInterval(heartbeat);
      stopListening();
      open.delete(response);
    });
  }
}

async function checkOperator(request: FastifyRequest, verifier: TokenVerifier | undefined): Promise<void> {
  const claims = await verifier?.claimsOf(headersOf(request).authorization);
  const requestContext = claims ? { authorizer: { jwt: { claims } } } : {};
  const event = { headers: request.headers, requestContext } as unknown as HttpEvent;
  if (callerOfEvent(event, readConfig(process.env)).kind !== 'operator') {
    throw new ForbiddenError('The events of all sessions are for operators.');
  }
}

const asText = (event: SessionEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
