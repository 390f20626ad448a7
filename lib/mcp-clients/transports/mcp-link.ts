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
import { discover, EndedByQuestion } from './eras/discover.ts';
import { enveloped } from './eras/envelope.ts';
import { FirstContact, ifNotModern, type ContactTransport } from './eras/first-contact.ts';
import type { Era, Introduction } from './eras/introduction.ts';
import { ConnectionClosed, RpcPeer, type RpcCall } from './rpc-peer.ts';

/** How long a server is given to take note that a call is cancelled (ms). */
const CANCEL_MS = 500;
export interface LinkOptions {
  /** What went wrong with the transport's requests, which libraries may not pass on. */
  failure?: () => Error | undefined;
  /** Secrets in addition to the target's credentials. */
  secrets?: () => readonly string[];
  /** What the request is a part of, as W3C Trace Context has it. */
  traceparent?: () => string | undefined;
}

export interface LinkRequestOptions {
  ms?: number;
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** One server over one transport: every step bounded in time, every failure in our words and without secrets. */
export class McpLink {
  /** How the last request failed. */
  failed: Failed = { status: undefined, code: undefined, text: '' };
  private readonly transport: ContactTransport;
  private readonly peer: RpcPeer;
  private readonly contact: FirstContact;
  /** The version that every request names, once the server is known to be modern. */
  private modern: string | undefined;
  private readonly target: McpTarget;
  private readonly options: LinkOptions;

  constructor(transport: ContactTransport, target: McpTarget, options: LinkOptions = {}) {
    this.transport = transport;
    this.target = target;
    this.options = options;
    this.peer = new RpcPeer(transport);
    this.contact = new FirstContact(this.peer, transport, target.timeoutMs);
  }

  /**
   * Starts the transport, and finds out which era the server speaks; `first` is tried first. Throws `EndedByQuestion` where a
   * process has.
   */
  open(first: Era = 'modern'): Promise<Introduction> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return this.adopt(await (first === 'modern' ? this.contact.modernFirst() : this.contact.legacyFirst()));
    });
  }

  /** The same for a transport of the era before. */
  openLegacy(): Promise<Introduction> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return this.adopt(await this.contact.initialized());
    });
  }

  /** Only asks what the server is. Nothing: it is of the era before. */
  look(): Promise<Introduction | undefined> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return discover(this.peer).catch(ifNotModern(() => undefined));
    });
  }

  /** Starts the transport for what was found out before. */
  async resume(found: Pick<Introduction, 'era' | 'protocolVersion'>): Promise<void> {
    this.adopt(found);
    await this.within(this.target.timeoutMs, () => this.transport.start());
  }

  /** A request, cancelled on the server when its time (ms) is up or `signal` says so. */
  async request(
    call: RpcCall,
    { ms = this.target.timeoutMs, signal, headers }: LinkRequestOptions = {},
  ): Promise<Given> {
    const timeUp = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
    const cancelled = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
    try {
      const { modern } = this;
      const sent = modern === undefined ? call : enveloped(call, modern, this.options.traceparent?.());
      return await this.peer.request(sent, cancelled, { headers });
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
      throw thrown instanceof EndedByQuestion ? thrown : this.failure(thrown);
    }
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private adopt<T extends Pick<Introduction, 'era' | 'protocolVersion'>>(found: T): T {
    const isModern = found.era === 'modern';
    this.modern = isModern ? found.protocolVersion : undefined;
    this.peer.answersRequests = !isModern;
    this.peer.notifiesCancellation = !isModern || this.transport.hasPerRequestStream !== true;
    return found;
  }

  private failure(thrown: unknown): Error {
    const reason = this.reasonOf(thrown);
    this.failed = failedAs(reason);
    return inOurWords(reason, this.redactor());
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

  /** For texts of the server, which may repeat a secret. */
  redactor(): (text: string) => string {
    return redactor([...secretsIn(this.target.credentials), ...(this.options.secrets?.() ?? [])]);
  }
}
