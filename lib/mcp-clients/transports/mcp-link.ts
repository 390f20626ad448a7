import type { Transport } from '@modelcontextprotocol/client';
import pTimeout from 'p-timeout';
import { McpConnectionError } from '../../errors.ts';
import type { McpTarget } from '../mcp-connector.ts';
import { secretsIn } from '../credentials/mcp-credentials.ts';
import { redactor } from '../credentials/redact.ts';
import { HttpRefusal } from './answers/http-refusal.ts';
import { failedAs, inOurWords } from './answers/link-failure.ts';
import { McpError } from './answers/mcp-error.ts';
import type { Given } from './answers/rpc-message.ts';
import type { Failed } from './answers/session-verdict.ts';
import { initialize } from './eras/initialize.ts';
import type { Introduction } from './eras/introduction.ts';
import { ConnectionClosed, RpcPeer, type RpcCall } from './rpc-peer.ts';

/** How long a server is given to take note that a call is cancelled (ms). */
const CANCEL_MS = 500;

/** A transport, and why it ended, where it knows. */
type LinkTransport = Transport & { readonly failure?: Error | undefined };

export interface LinkOptions {
  /** What went wrong with the transport's requests, which libraries may not pass on. */
  failure?: () => Error | undefined;
  /** Secrets in addition to the target's credentials. */
  secrets?: () => readonly string[];
}

/** One server over one transport: every step bounded in time, every failure in our words and without secrets. */
export class McpLink {
  /** How the last request failed. */
  failed: Failed = { status: undefined, code: undefined, text: '' };
  private readonly transport: LinkTransport;
  private readonly peer: RpcPeer;
  private readonly target: McpTarget;
  private readonly options: LinkOptions;

  constructor(transport: LinkTransport, target: McpTarget, options: LinkOptions = {}) {
    this.transport = transport;
    this.target = target;
    this.options = options;
    this.peer = new RpcPeer(transport);
  }

  /** Starts the transport and initializes a session. */
  open(): Promise<Introduction> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return initialize(this.peer, this.transport);
    });
  }

  /** Starts the transport for a session that was initialized before. */
  async resume(): Promise<void> {
    this.peer.answersRequests = true;
    await this.within(this.target.timeoutMs, () => this.transport.start());
  }

  /** A request, cancelled on the server when its time (ms) is up or `signal` says so. */
  async request(
    call: RpcCall,
    { ms = this.target.timeoutMs, signal }: { ms?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<Given> {
    const timeUp = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
    const cancelled = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
    try {
      return await this.peer.request(call, cancelled);
    } catch (thrown) {
      if (!cancelled.aborted) throw this.failure(thrown);
      await pTimeout(this.peer.cancelling, { milliseconds: CANCEL_MS }).catch(() => undefined);
      await this.close();
      if (!timeUp.aborted) throw signal?.reason;
      throw this.failure(this.options.failure?.() ?? new McpConnectionError('did not answer in time'));
    }
  }

  /** Another step of the transport, bounded in time (ms). After a failure the connection is of no use. */
  async within<T>(ms: number, step: () => Promise<T>): Promise<T> {
    try {
      return await pTimeout(step(), { milliseconds: ms, message: new McpConnectionError('did not answer in time') });
    } catch (thrown) {
      await this.close();
      throw this.failure(thrown);
    }
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private failure(thrown: unknown): Error {
    const reason = this.reasonOf(thrown);
    this.failed = failedAs(reason);
    return inOurWords(reason, (text) => this.redact(text));
  }

  /** What is thrown after a failure says less than the failure. */
  private reasonOf(thrown: unknown): unknown {
    if (thrown instanceof McpError || thrown instanceof HttpRefusal || thrown instanceof McpConnectionError) {
      return thrown;
    }
    const ofRequest = this.options.failure?.();
    if (!(thrown instanceof ConnectionClosed)) return ofRequest ?? thrown;
    return this.transport.failure ?? ofRequest ?? new McpConnectionError('ended the connection');
  }

  /** A text of the server, which may repeat a secret. */
  redact(text: string): string {
    return redactor([...secretsIn(this.target.credentials), ...(this.options.secrets?.() ?? [])])(text);
  }
}
