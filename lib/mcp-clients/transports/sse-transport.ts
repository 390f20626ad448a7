import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { McpConnectionError } from '../../errors.ts';
import { eventsOf } from './answers/event-stream.ts';
import type { Fetch } from './guarded-fetch.ts';
import { refusalOf } from './answers/http-refusal.ts';
import { PendingRequests } from './answers/pending-requests.ts';
import { OwnTransport } from './own-transport.ts';

/**
 * MCP over HTTP with SSE, as it was before Streamable HTTP: a stream that names where messages are posted, and that
 * carries all answers. It is the whole session, so nothing is resumed: its end is the end of the connection.
 */
export class SseTransport extends OwnTransport {
  /** Why the stream has ended. */
  failure: Error | undefined;
  private readonly url: URL;
  private readonly fetch: Fetch;
  private readonly pending = new PendingRequests(this);
  private readonly closing = new AbortController();
  private endpoint: URL | undefined;

  constructor(url: URL, fetch: Fetch) {
    super();
    this.url = url;
    this.fetch = fetch;
  }

  /** Returns when the server has said where messages go. */
  async start(): Promise<void> {
    const response = await this.request(this.url, { headers: { accept: 'text/event-stream' } });
    if (!response.ok) throw await refusalOf(response);
    if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) {
      await response.body?.cancel();
      throw new McpConnectionError('answered with something other than a stream', undefined, {
        serverStatus: response.status,
      });
    }
    await new Promise<void>((resolve, reject) => {
      void this.read(response, resolve).then((failure) => {
        if (!this.closing.signal.aborted) this.failure = failure;
        reject(failure);
        void this.close();
      });
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (!this.endpoint) throw new McpConnectionError('ended the connection');
    this.pending.add(message);
    const response = await this.request(this.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    if (!response.ok) throw await refusalOf(response);
    await response.body?.cancel();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.endpoint = undefined;
    this.onclose?.();
  }

  private request(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.protocolVersion) headers.set('mcp-protocol-version', this.protocolVersion);
    return this.fetch(url, { ...init, headers, signal: this.closing.signal });
  }

  /** Why the stream ended. */
  private async read(response: Response, opened: () => void): Promise<Error> {
    try {
      for await (const { event, data } of eventsOf(response.body)) {
        if (event === 'message') this.pending.passLine(data);
        if (event !== 'endpoint' || this.endpoint) continue;
        this.endpoint = this.endpointIn(data);
        opened();
      }
      return new McpConnectionError('ended its stream without an answer', undefined, { serverStatus: response.status });
    } catch (thrown) {
      return thrown as Error;
    }
  }

  private endpointIn(data: string): URL {
    const url = URL.canParse(data, this.url.href) ? new URL(data, this.url) : undefined;
    if (url?.origin !== this.url.origin) throw new McpConnectionError('names another place for messages than its own');
    return url;
  }
}
