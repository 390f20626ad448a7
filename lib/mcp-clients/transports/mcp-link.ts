import { setTimeout as sleep } from 'node:timers/promises';
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
import { discover, EndedByQuestion, NotModern } from './eras/discover.ts';
import { enveloped } from './eras/envelope.ts';
import { initialize } from './eras/initialize.ts';
import type { Era, Introduction } from './eras/introduction.ts';
import { ClosedConnectionError } from './fetch-failure.ts';
import { ConnectionClosed, RpcPeer, type RpcCall } from './rpc-peer.ts';

/** How long a server is given to take note that a call is cancelled (ms). */
const CANCEL_MS = 500;
/** After this, and after a third of its time, a server that does not say what it is has an initialization sent (ms). */
const SILENCE_MS = 2_000;

/** A transport, and why it ended, where it knows. */
type LinkTransport = Transport & { readonly failure?: Error | undefined };

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
  private readonly transport: LinkTransport;
  private readonly peer: RpcPeer;
  /** The version that every request names, once the server is known to be modern. */
  private modern: string | undefined;
  private readonly target: McpTarget;
  private readonly options: LinkOptions;

  constructor(transport: LinkTransport, target: McpTarget, options: LinkOptions = {}) {
    this.transport = transport;
    this.target = target;
    this.options = options;
    this.peer = new RpcPeer(transport);
  }

  /**
   * Starts the transport, and finds out which era the server speaks; `first` is tried first. Throws `EndedByQuestion` where a
   * process has.
   */
  open(first: Era = 'modern'): Promise<Introduction> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return this.adopt(await (first === 'modern' ? this.discoveredFirst() : this.initializedFirst()));
    });
  }

  /** The same for a transport of the era before. */
  openLegacy(): Promise<Introduction> {
    return this.within(this.target.timeoutMs, async () => {
      await this.transport.start();
      return this.adopt(await this.initialized());
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

  /** As over HTTP: a request that fails leaves the others alone. */
  private get isRequestByRequest(): boolean {
    return this.transport.hasPerRequestStream === true;
  }

  private adopt<T extends Pick<Introduction, 'era' | 'protocolVersion'>>(found: T): T {
    const isModern = found.era === 'modern';
    this.modern = isModern ? found.protocolVersion : undefined;
    this.peer.answersRequests = !isModern;
    this.peer.notifiesCancellation = !isModern || !this.isRequestByRequest;
    return found;
  }

  private initialized(): Promise<Introduction> {
    return initialize(this.peer, this.transport);
  }

  /**
   * What is silent, or says nothing of its era, is initialized too: servers of the era before may answer anything to a
   * request without a session, and none at all. The verdict is certain if the answer was clear.
   */
  private async discoveredFirst(): Promise<Introduction> {
    const unclear = this.isRequestByRequest ? ifUnclear : ifEnded(() => this.transport.failure);
    const asked = discover(this.peer).catch(unclear);
    const silence = sleep(Math.min(SILENCE_MS, this.target.timeoutMs / 3), SILENT, { ref: false });
    const answer = await Promise.race([asked, silence]).catch(ifNotModern((isCertain) => ({ isCertain })));
    if ('era' in answer) return answer;
    const initialized = this.initialized().then((found) => ({ ...found, ...answer }));
    if (answer !== SILENT) return initialized;
    // A slow answer counts nevertheless. Over HTTP it comes too late where a session is open.
    const first = this.isRequestByRequest ? initialized.catch(() => Promise.race([asked, initialized])) : undefined;
    return (first ?? Promise.any([asked, initialized])).catch(() => initialized);
  }

  /** Where a process is known to be of the era before: its error may say that it is not any more. */
  private async initializedFirst(): Promise<Introduction> {
    try {
      return await this.initialized();
    } catch (thrown) {
      if (!(thrown instanceof McpError)) throw thrown;
      return await discover(this.peer).catch(() => {
        throw thrown;
      });
    }
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

const SILENT = { isCertain: false } as const;

/** With whether the answer was clear. A process that has ended is none that could be initialized. */
const ifNotModern =
  <T>(then: (isCertain: boolean) => T) =>
  (thrown: unknown): T => {
    if (thrown instanceof NotModern && !(thrown instanceof EndedByQuestion)) return then(thrown.isCertain);
    throw thrown;
  };

/** Over HTTP: a status that says nothing, or no answer at all. */
function ifUnclear(thrown: unknown): never {
  const saysNothing = thrown instanceof HttpRefusal || thrown instanceof ClosedConnectionError;
  throw saysNothing ? new NotModern({ cause: thrown, isCertain: false }) : thrown;
}

/** A process may end at a request that it does not know. */
const ifEnded =
  (failure: () => Error | undefined) =>
  (thrown: unknown): never => {
    const ended = failure();
    const hasEnded = ended instanceof McpConnectionError && ('exitCode' in ended.details || 'signal' in ended.details);
    throw hasEnded ? new EndedByQuestion({ cause: thrown }) : thrown;
  };
