import { types } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';
import type * as z from 'zod/mini';
import { McpConnectionError, SessionManagerError } from '../../errors.ts';
import { McpSessionGone, type McpTarget } from '../mcp-connector.ts';
import { secretsIn } from '../credentials/mcp-credentials.ts';
import { redactor } from '../credentials/redact.ts';

const CLIENT_INFO = { name: 'agent-session-manager', version: '0.1.0' };
/** The SDK's own limit, which would throw what servers can answer with too, is out of reach: ours is first. */
const NEVER = { timeout: 2 ** 31 - 1 };
/** How long a server is given to take note that a call is cancelled (ms). */
const CANCEL_MS = 500;

export interface LinkOptions {
  /** It resumes a session that was opened elsewhere, which the server may no longer know. */
  resumed?: boolean;
  /** What went wrong with the transport's requests, which it may not pass on. */
  failure?: () => SessionManagerError | undefined;
  /** Secrets in addition to the target's credentials. */
  secrets?: () => readonly string[];
}

/** One SDK client on one transport: every step bounded in time, every failure in our words and without secrets. */
export class McpLink {
  readonly client = new Client(CLIENT_INFO);
  private readonly transport: Transport;
  private readonly target: McpTarget;
  private readonly options: LinkOptions;
  private lastSent: Promise<unknown> = Promise.resolve();
  private ended = false;

  constructor(transport: Transport, target: McpTarget, options: LinkOptions = {}) {
    this.transport = transport;
    this.target = target;
    this.options = options;
    // Errors of requests reject the requests; other errors are ignored.
    this.client.onerror = () => undefined;
    this.client.onclose = () => (this.ended = true);
    const send = transport.send.bind(transport);
    transport.send = (...message) => (this.lastSent = send(...message));
  }

  /** Starts the transport; what is not resumed is initialized. */
  async open(): Promise<void> {
    await this.within(this.target.timeoutMs, () => this.client.connect(this.transport, NEVER));
  }

  /** A request, cancelled on the server when its time (ms) is up or `signal` says so. */
  async request<T>(
    message: Parameters<Client['request']>[0],
    schema: z.ZodMiniType<T>,
    { ms = this.target.timeoutMs, signal }: { ms?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const timeUp = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
    const cancelled = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
    try {
      return await this.client.request(message, schema, { ...NEVER, signal: cancelled });
    } catch (thrown) {
      if (!cancelled.aborted) throw await this.failure(thrown);
      await pTimeout(this.lastSent, { milliseconds: CANCEL_MS }).catch(() => undefined);
      await this.close();
      if (!timeUp.aborted) throw signal?.reason;
      throw this.options.failure?.() ?? new McpConnectionError('did not answer in time');
    }
  }

  /** Another step of the transport, bounded in time (ms). */
  async within<T>(ms: number, step: () => Promise<T>): Promise<T> {
    try {
      return await pTimeout(step(), { milliseconds: ms, message: new McpConnectionError('did not answer in time') });
    } catch (thrown) {
      throw await this.failure(thrown);
    }
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.transport.close();
  }

  /** An answer leaves the connection as it is; after anything else it is let go of. */
  private async failure(thrown: unknown): Promise<unknown> {
    // Servers may answer with the code that the SDK gives to requests whose connection ended.
    const cutOff = this.ended && thrown instanceof McpError && thrown.code === (ErrorCode.ConnectionClosed as number);
    if (cutOff) return new McpConnectionError('ended the connection');
    if (thrown instanceof McpError) {
      const answer = this.withoutSecrets(thrown);
      return new McpConnectionError(`answered: ${answer.message}`, answer);
    }
    await this.close();
    return this.inOurWords(thrown);
  }

  private inOurWords(thrown: unknown): unknown {
    const failure = this.options.failure?.();
    if (failure) return failure;
    if (thrown instanceof SessionManagerError) return thrown;
    const status = statusOf(thrown);
    // The protocol says 404; servers in the field also say 400.
    if (this.options.resumed && (status === 404 || status === 400)) return new McpSessionGone();
    const details = status === undefined ? {} : { serverStatus: status };
    return new McpConnectionError(problemIn(thrown, status), this.loggable(thrown, status), details);
  }

  /** The body of an answer may repeat what it was sent, which goes into no log. */
  private loggable(thrown: unknown, status: number | undefined): unknown {
    if (status !== undefined) return new Error(`HTTP status ${status}`);
    if (!types.isNativeError(thrown)) return undefined;
    // Their messages contain pieces of answers, which may be a token that this process does not know yet.
    if (thrown.name === 'SyntaxError') return new Error(thrown.name);
    return new Error(this.redact(`${thrown.name}: ${thrown.message}`));
  }

  /** Without `data`, which can be anything and is not needed. */
  private withoutSecrets({ code, message }: McpError): McpError {
    return Object.assign(new McpError(code, ''), { message: this.redact(message) });
  }

  /** A text of the server, which may repeat a secret. */
  redact(text: string): string {
    return redactor([...secretsIn(this.target.credentials), ...(this.options.secrets?.() ?? [])])(text);
  }
}

/** Transports throw errors of different classes, which all carry the status of the answer as their code. */
function statusOf(thrown: unknown): number | undefined {
  const code = types.isNativeError(thrown) ? (thrown as { code?: unknown }).code : undefined;
  return typeof code === 'number' && code > 0 ? code : undefined;
}

function problemIn(thrown: unknown, status: number | undefined): string {
  if (status !== undefined) return `answered with HTTP status ${status}`;
  const name = types.isNativeError(thrown) ? thrown.name : '';
  if (name === 'TypeError' || name === 'SseError' || name === 'AbortError') return 'could not be reached';
  return 'did not speak the protocol';
}
