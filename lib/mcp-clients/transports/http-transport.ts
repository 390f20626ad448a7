import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { McpConnectionError } from '../../errors.ts';
import { eventsOf, type StreamEvent, type StreamPosition } from './answers/event-stream.ts';
import type { Fetch } from './guarded-fetch.ts';
import { refusalOf } from './answers/http-refusal.ts';
import { Incoming } from './answers/incoming.ts';
import { OwnTransport } from './own-transport.ts';

/** How often a stream is resumed without one new event. */
const MAX_RESUMPTIONS = 3;
/** Before a stream is resumed, where its server says nothing or something else (ms). */
const [FIRST_PAUSE_MS, PAUSE_MS, MIN_PAUSE_MS, MAX_PAUSE_MS] = [100, 1_000, 100, 30_000];
/** It is sent back in a header. */
const MAX_ID_CHARS = 4_096;
/** What a DELETE may be answered: not offered, or the session is not known. */
const NOTHING_TO_END = [400, 404, 405, 410];

const EVENTS = 'text/event-stream';

/** What resumes a session of Streamable HTTP. */
export interface HttpSession {
  mcpSessionId?: string | undefined;
  protocolVersion: string;
}

/**
 * MCP over Streamable HTTP: a POST for each message, whose answer is read to its end. An answer that ends without answering
 * fails immediately, unless it is a stream with event ids: that is resumed. There is no stream for what answers no request:
 * who connects for one call needs none.
 */
export class HttpTransport extends OwnTransport {
  mcpSessionId: string | undefined;
  private readonly url: URL;
  private readonly fetch: Fetch;
  private readonly isResumed: boolean;
  private readonly incoming = new Incoming(this);
  private readonly closing = new AbortController();

  constructor(url: URL, fetch: Fetch, resumed?: HttpSession) {
    super();
    this.url = url;
    this.fetch = fetch;
    this.isResumed = resumed !== undefined;
    this.mcpSessionId = resumed?.mcpSessionId;
    this.protocolVersion = resumed?.protocolVersion;
  }

  /** The SDK initializes where there is none; servers without sessions have none to give. */
  get sessionId(): string | undefined {
    return this.mcpSessionId ?? (this.isResumed ? '' : undefined);
  }

  async start(): Promise<void> {
    // Each message has a request of its own.
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const response = await this.request('POST', {
      headers: { 'content-type': 'application/json', accept: `application/json, ${EVENTS}` },
      body: JSON.stringify(message),
    });
    if (!response.ok) throw await refusalOf(response);
    if (!isRequest(message)) return response.body?.cancel();
    // Only then: another answer says nothing about the session of this connection.
    if (message.method === 'initialize') this.mcpSessionId = response.headers.get('mcp-session-id') || undefined;
    await this.readAnswer(message, response);
  }

  /** Ends the session on the server, if there is one. */
  async terminate(): Promise<void> {
    if (this.mcpSessionId === undefined) return;
    const response = await this.request('DELETE');
    if (!response.ok && !NOTHING_TO_END.includes(response.status)) throw await refusalOf(response);
    await response.body?.cancel();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.onclose?.();
  }

  private request(method: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.mcpSessionId) headers.set('mcp-session-id', this.mcpSessionId);
    if (this.protocolVersion) headers.set('mcp-protocol-version', this.protocolVersion);
    return this.fetch(this.url, { ...init, method, headers, signal: this.closing.signal });
  }

  private async readAnswer(request: JSONRPCRequest, response: Response): Promise<void> {
    if ([202, 204].includes(response.status)) return refuse(response, 'accepted the request and does not answer it');
    const type = mediaTypeOf(response);
    if (type === EVENTS) return this.readStream(request, response);
    if (!isJson(type)) return refuse(response, `answered with ${described(type)} instead of JSON`);
    const text = await response.text();
    if (text.trim() === '') return refuse(response, 'answered with an empty body');
    if (!this.answeredBy(text, request)) return refuse(response, 'answered, and not to the request');
  }

  private async readStream(request: JSONRPCRequest, first: Response): Promise<void> {
    const position: StreamPosition = {};
    let failure = await this.readEvents(request, first, position);
    for (let idle = 0; failure !== undefined; idle++) {
      const { lastEventId } = position;
      if (!lastEventId || lastEventId.length > MAX_ID_CHARS || idle === MAX_RESUMPTIONS) throw failure;
      await sleep(pauseBefore(idle, position), undefined, { signal: this.closing.signal });
      const response = await this.resumed(lastEventId);
      if (response === undefined) continue;
      failure = await this.readEvents(request, response, position);
      if (position.lastEventId !== lastEventId) idle = -1;
    }
  }

  /** Nothing if the request is answered, else why it is not. */
  private async readEvents(
    request: JSONRPCRequest,
    { body, status }: Response,
    position: StreamPosition,
  ): Promise<Error | undefined> {
    const events = eventsOf(body, position);
    try {
      for (let next = await events.next(); !next.done; next = await events.next()) {
        const { event, data } = next.value;
        if (event !== 'message' || !this.answeredByEvent(data, request)) continue;
        // To its end, so that the next request finds the connection free.
        void drain(events);
        return undefined;
      }
      return new McpConnectionError('ended its stream without an answer', undefined, { serverStatus: status });
    } catch (thrown) {
      await events.return(undefined).catch(() => undefined);
      this.closing.signal.throwIfAborted();
      if (thrown instanceof UnreadableAnswer) throw thrown.reason;
      return thrown as Error;
    }
  }

  /** Nothing if the server is not reached just now. */
  private async resumed(lastEventId: string): Promise<Response | undefined> {
    const headers = { accept: EVENTS, 'last-event-id': Buffer.from(lastEventId).toString('latin1') };
    const response = await this.request('GET', { headers }).catch(() => undefined);
    this.closing.signal.throwIfAborted();
    if (response?.ok && mediaTypeOf(response) === EVENTS) return response;
    if (response && response.status < 500 && response.status !== 429) {
      return refuse(response, 'ended its stream without an answer, and does not resume it');
    }
    await response?.body?.cancel();
    return undefined;
  }

  private answeredBy(text: string, request: JSONRPCRequest): boolean {
    try {
      return this.incoming.pass(text, [request]).length > 0;
    } catch (thrown) {
      if (thrown instanceof SyntaxError) throw new McpConnectionError('answered with what is not JSON');
      throw thrown;
    }
  }

  /** What is not JSON is passed over. An answer that is, and cannot be read, does not come again. */
  private answeredByEvent(data: string, request: JSONRPCRequest): boolean {
    try {
      return this.incoming.pass(data, [request]).length > 0;
    } catch (thrown) {
      if (thrown instanceof SyntaxError) return false;
      throw new UnreadableAnswer(thrown);
    }
  }
}

class UnreadableAnswer extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super();
    this.reason = reason;
  }
}

const isRequest = (message: JSONRPCMessage): message is JSONRPCRequest => 'method' in message && 'id' in message;

async function refuse(response: Response, problem: string): Promise<never> {
  await response.body?.cancel().catch(() => undefined);
  throw new McpConnectionError(problem, undefined, { serverStatus: response.status });
}

function pauseBefore(resumptions: number, { retryMs }: StreamPosition): number {
  const pause = retryMs ?? (resumptions === 0 ? FIRST_PAUSE_MS : PAUSE_MS);
  return Math.min(Math.max(pause, MIN_PAUSE_MS), MAX_PAUSE_MS);
}

/** Without its parameters; empty where there is none. */
const mediaTypeOf = ({ headers }: Response): string =>
  (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const isJson = (type: string): boolean => /^[^/]+\/(?:[^/]+\+)?json(?:-rpc)?$/.test(type);

/** A server can write anything there, a secret too. */
const NAMED = ['text/html', 'text/plain', 'text/xml', 'application/xml', 'application/octet-stream'];
const described = (type: string): string =>
  type === '' ? 'no media type' : NAMED.includes(type) ? type : 'another media type';

async function drain(events: AsyncGenerator<StreamEvent>): Promise<void> {
  try {
    for (let next = await events.next(); !next.done;) next = await events.next();
  } catch {
    // The answer is here.
  }
}
