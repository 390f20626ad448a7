import type {
  JSONRPCMessage,
  JSONRPCRequest,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client';
import { McpError } from './answers/mcp-error.ts';
import type { Given } from './answers/rpc-message.ts';

/** A request or a notification, without what JSON-RPC adds. */
export interface RpcCall {
  method: string;
  params?: Record<string, unknown>;
}

interface Waiting {
  resolve: (given: Given) => void;
  reject: (reason: unknown) => void;
}

/** The transport ended while a request waited for its answer. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

const METHOD_NOT_FOUND = -32601;

/** Requests to one server over one transport. What the transport passes on of a result is not looked into. */
export class RpcPeer {
  /** Whether requests of the server are answered: 2026-07-28 has none, and forbids answers. */
  answersRequests = false;
  /** Whether a request that is given up is cancelled by a notification; if not, the end of its connection says so. */
  notifiesCancellation = true;
  /** The last cancellation, until it is sent. */
  cancelling: Promise<unknown> = Promise.resolve();
  private readonly transport: Transport;
  private readonly waiting = new Map<RequestId, Waiting>();
  private lastId = 0;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.onmessage = (message) => this.receive(message);
    transport.onclose = () => this.end();
  }

  /** Rejects with an `McpError`, with what the transport throws, or with the reason of `signal`. */
  async request(call: RpcCall, signal?: AbortSignal, options?: TransportSendOptions): Promise<Given> {
    signal?.throwIfAborted();
    const id = ++this.lastId;
    const answered = new Promise<Given>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    const abandon = () => this.abandon(id, signal?.reason);
    signal?.addEventListener('abort', abandon, { once: true });
    this.transport
      .send({ jsonrpc: '2.0', id, ...call }, options)
      .catch((thrown: unknown) => this.waiting.get(id)?.reject(thrown));
    try {
      return await answered;
    } finally {
      this.waiting.delete(id);
      signal?.removeEventListener('abort', abandon);
    }
  }

  notify(call: RpcCall): Promise<void> {
    return this.transport.send({ jsonrpc: '2.0', ...call });
  }

  private abandon(id: RequestId, reason: unknown): void {
    if (this.notifiesCancellation) {
      const params = { requestId: id, reason: String(reason) };
      this.cancelling = this.notify({ method: 'notifications/cancelled', params }).catch(() => undefined);
    }
    this.waiting.get(id)?.reject(reason);
  }

  private receive(message: JSONRPCMessage): void {
    if ('method' in message) {
      if ('id' in message && this.answersRequests) this.answer(message);
      return;
    }
    const waiting = message.id === undefined ? undefined : this.waiting.get(message.id);
    if ('error' in message) waiting?.reject(new McpError(message.error));
    else waiting?.resolve(message.result as unknown as Given);
  }

  /** A server may ask whether this is still there. All else takes a user, or a model. */
  private answer({ id, method }: JSONRPCRequest): void {
    const answer =
      method === 'ping' ? { result: {} } : { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    void this.transport.send({ jsonrpc: '2.0', id, ...answer }).catch(() => undefined);
  }

  private end(): void {
    for (const { reject } of this.waiting.values()) reject(new ConnectionClosed());
  }
}
