import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';
import * as z from 'zod/mini';
import { McpConnectionError } from '../../errors.ts';
import type { McpTarget } from '../mcp-connector.ts';
import { secretsIn } from '../credentials/mcp-credentials.ts';
import { redactor } from '../credentials/redact.ts';
import { HttpRefusal } from './answers/http-refusal.ts';
import { failedAs, inOurWords, isAnswer } from './answers/link-failure.ts';
import type { Given } from './answers/rpc-message.ts';
import type { Failed } from './answers/session-verdict.ts';

const CLIENT_INFO = { name: 'agent-session-manager', version: '0.1.0' };
/** The SDK's own limit, which would throw what servers can answer with too, is out of reach: ours is first. */
const NEVER = { timeout: 2 ** 31 - 1 };
/** How long a server is given to take note that a call is cancelled (ms). */
const CANCEL_MS = 500;
/** Copies nothing: a copy loses `__proto__`, and digits of numbers. */
const asItIs = z.unknown();

/** An SDK transport, and why it ended, where it knows. */
type LinkTransport = Transport & { readonly failure?: Error | undefined };

export interface LinkOptions {
  /** What went wrong with the transport's requests, which libraries may not pass on. */
  failure?: () => Error | undefined;
  /** Secrets in addition to the target's credentials. */
  secrets?: () => readonly string[];
}

/** One SDK client on one transport: every step bounded in time, every failure in our words and without secrets. */
export class McpLink {
  readonly client = new Client(CLIENT_INFO);
  /** How the last request failed. */
  failed: Failed = { status: undefined, code: undefined, text: '' };
  private readonly transport: LinkTransport;
  private readonly target: McpTarget;
  private readonly options: LinkOptions;
  private lastSent: Promise<unknown> = Promise.resolve();

  constructor(transport: LinkTransport, target: McpTarget, options: LinkOptions = {}) {
    this.transport = transport;
    this.target = target;
    this.options = options;
    // Errors of requests reject the requests; other errors are ignored.
    this.client.onerror = () => undefined;
    const send = transport.send.bind(transport);
    transport.send = (...message) => (this.lastSent = send(...message));
  }

  /** Starts the transport; what is not resumed is initialized. */
  async open(): Promise<void> {
    await this.within(this.target.timeoutMs, () => this.client.connect(this.transport, NEVER));
  }

  /** A request, cancelled on the server when its time (ms) is up or `signal` says so. */
  async request(
    message: Parameters<Client['request']>[0],
    { ms = this.target.timeoutMs, signal }: { ms?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<Given> {
    const timeUp = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
    const cancelled = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
    try {
      return (await this.client.request(message, asItIs, { ...NEVER, signal: cancelled })) as Given;
    } catch (thrown) {
      if (!cancelled.aborted) throw this.failure(thrown);
      await pTimeout(this.lastSent, { milliseconds: CANCEL_MS }).catch(() => undefined);
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

  async close(): Promise<void> {
    await this.client.close();
    await this.transport.close();
  }

  private failure(thrown: unknown): Error {
    const reason = this.reasonOf(thrown);
    this.failed = failedAs(reason);
    return inOurWords(reason, this.redactor());
  }

  /** What a library has made of a failure says less than the failure. */
  private reasonOf(thrown: unknown): unknown {
    if (isAnswer(thrown) || thrown instanceof HttpRefusal || thrown instanceof McpConnectionError) return thrown;
    const ofRequest = this.options.failure?.();
    const isCutOff = thrown instanceof McpError && thrown.code === (ErrorCode.ConnectionClosed as number);
    if (!isCutOff) return ofRequest ?? thrown;
    return this.transport.failure ?? ofRequest ?? new McpConnectionError('ended the connection');
  }

  /** For texts of the server, which may repeat a secret. */
  redactor(): (text: string) => string {
    return redactor([...secretsIn(this.target.credentials), ...(this.options.secrets?.() ?? [])]);
  }
}
