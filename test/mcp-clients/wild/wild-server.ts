import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve, type HttpServer } from '../http-servers.ts';
import { RPC_MODES, usualAnswer, type Rpc, type RpcMode, type RpcModeName } from './rpc-modes.ts';

/** A request as a mode sees it. */
export interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  rpc: Rpc | undefined;
  /** Which call of the test it is, if it is one. */
  call: number | undefined;
  /** The server knows the session that it names. */
  isKnown: boolean;
  /** Takes note that the call is executed, and gives the answer to it. */
  execute: () => object;
}

/** Answers in place of the stub: true if it did. */
export type HttpMode = (exchange: Exchange) => boolean | Promise<boolean>;

/** A server with sessions that misbehaves in one way, over Streamable HTTP and over HTTP with SSE. */
export class WildServer {
  /** How often it was asked what, by method of JSON-RPC or HTTP. */
  readonly asked: Record<string, number> = {};
  /** How often each call of the test was executed. */
  readonly executed: Record<number, number> = {};
  private readonly sessions = new Set<string>();
  private readonly streams = new Map<string, ServerResponse>();
  private readonly answers: RpcMode;
  private readonly mode: HttpMode;
  private server: HttpServer | undefined;

  private constructor(mode: HttpMode | RpcModeName) {
    this.mode = typeof mode === 'string' ? () => false : mode;
    this.answers = typeof mode === 'string' ? RPC_MODES[mode] : RPC_MODES.usual;
  }

  static async start(mode: HttpMode | RpcModeName): Promise<WildServer> {
    const wild = new WildServer(mode);
    wild.server = await serve((incoming, response) => {
      void wild.handle(incoming, response).catch(() => response.destroy());
    });
    return wild;
  }

  urlOf(type: 'http' | 'sse'): string {
    return new URL(type === 'http' ? '/mcp' : '/sse', this.server?.url).href;
  }

  /** As after a restart. */
  forget(): void {
    this.sessions.clear();
  }

  sessionsLeft(): number {
    return this.sessions.size + this.streams.size;
  }

  async close(): Promise<void> {
    await this.server?.close();
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = incoming;
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://wild');
    const body = await text(incoming);
    const rpc = body ? (JSON.parse(body) as Rpc) : undefined;
    const what = rpc === undefined ? method : (rpc.method ?? 'answer');
    this.asked[what] = (this.asked[what] ?? 0) + 1;
    const session = String(headers['mcp-session-id'] ?? searchParams.get('session'));
    const isKnown = this.sessions.has(session) || this.streams.has(session);
    if (await this.mode(this.exchange(incoming, response, rpc, isKnown))) return;
    if (pathname === '/sse' && method === 'GET') return this.openStream(response);
    if (method === 'DELETE') return void response.writeHead(this.sessions.delete(session) ? 200 : 404).end();
    if (rpc === undefined || pathname === '/sse') return void response.writeHead(405).end();
    const stream = this.streams.get(session);
    if (rpc.method !== 'initialize' && !isKnown) return void response.writeHead(404).end();
    if (rpc.id === undefined || rpc.method === undefined) return void response.writeHead(202).end();
    const sent = this.answers(rpc, this.exchange(incoming, response, rpc, isKnown).execute());
    if (stream) {
      response.writeHead(202).end();
      sent.forEach((message) => stream.write(eventOf(message)));
      return;
    }
    const opened = rpc.method === 'initialize' ? { 'mcp-session-id': this.openSession() } : {};
    if (sent.length === 0) return;
    if (sent.length > 1) sendEvents(response, sent.map(eventOf), opened);
    else sendJson(response, sent[0], opened);
  }

  private exchange(
    incoming: IncomingMessage,
    response: ServerResponse,
    rpc: Rpc | undefined,
    isKnown: boolean,
  ): Exchange {
    const args = rpc?.params?.arguments as { n: number } | undefined;
    const call = rpc?.method === 'tools/call' ? args?.n : undefined;
    const execute = () => {
      if (call !== undefined) this.executed[call] = (this.executed[call] ?? 0) + 1;
      return usualAnswer(rpc as Rpc);
    };
    return { incoming, response, rpc, call, isKnown, execute };
  }

  private openSession(): string {
    const id = randomUUID();
    this.sessions.add(id);
    return id;
  }

  private openStream(response: ServerResponse): void {
    const id = randomUUID();
    this.streams.set(id, response);
    response.once('close', () => this.streams.delete(id));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: endpoint\ndata: /messages?session=${id}\n\n`);
  }
}

const textOf = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));

/** A message as an event, which can have an id. */
export const eventOf = (message: unknown, id?: unknown): string =>
  `${typeof id === 'string' ? `id: ${id}\n` : ''}data: ${textOf(message)}\n\n`;

export function sendJson(response: ServerResponse, message: unknown, headers: object = {}, status = 200): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(textOf(message));
  return true;
}

export function sendEvents(response: ServerResponse, events: string[], headers: object = {}): true {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).end(events.join(''));
  return true;
}
