import { McpConnectionError } from '../../errors.ts';
import type { McpConnectionState } from '../mcp-client-store.ts';
import {
  McpSessionGone,
  type McpCallOptions,
  type McpConnection,
  type McpTool,
  type McpToolCallOptions,
  type McpToolList,
  type McpToolResult,
} from '../mcp-connector.ts';
import type { LinkRequestOptions, McpLink } from './mcp-link.ts';
import { isJsonObject } from '../../json/raw-json.ts';
import { McpError } from './answers/mcp-error.ts';
import type { Given } from './answers/rpc-message.ts';
import { verdictOf, type SessionVerdict } from './answers/session-verdict.ts';
import { allTools } from './answers/tool-pages.ts';
import type { ParamHeaders } from './eras/param-headers.ts';
import type { RpcCall } from './rpc-peer.ts';
import { probeLegacy, probeModern } from './session-probe.ts';

/** For all that is asked (ms), and never more than this part of the time that is left. */
const PROBE_MS = 3_000;
const PART_OF_TIME = 3;
/** Headers do not repeat what the request says: it was refused before it was looked at. */
const HEADER_MISMATCH = -32020;

export interface ServerConnectionOptions {
  timeoutMs: number;
  /** The session outlasts this connection, and was initialized with it, or before it. */
  session: 'none' | 'new' | 'resumed';
  endSession: () => Promise<void>;
}

/** An open connection to a server. */
export class ServerConnection implements McpConnection {
  readonly state: McpConnectionState;
  isSuspect = false;
  private readonly link: McpLink;
  private readonly options: ServerConnectionOptions;
  private readonly paramHeaders: ParamHeaders;
  private readonly stopAt: number;

  constructor(link: McpLink, state: McpConnectionState, options: ServerConnectionOptions, paramHeaders: ParamHeaders) {
    this.link = link;
    this.state = state;
    this.options = options;
    this.paramHeaders = paramHeaders;
    this.stopAt = performance.now() + options.timeoutMs;
  }

  async listTools({ signal }: McpCallOptions = {}): Promise<McpToolList> {
    const within = this.inTime(signal);
    const list = await allTools((cursor) => this.judged({ method: 'tools/list', params: { cursor } }, within()));
    return { ...list, tools: this.usable(list.tools) };
  }

  async callTool(
    name: string,
    args: Record<string, unknown>,
    { signal, more = {} }: McpToolCallOptions = {},
  ): Promise<McpToolResult> {
    const within = this.inTime(signal);
    const call = { method: 'tools/call', params: { name, arguments: args, ...more } };
    const send = () => this.judged(call, { ...within(), headers: this.headersFor(name, args) });
    try {
      const { given } = await send().catch(async (thrown: unknown) => {
        if (!this.repeatsParameters || errorIn(thrown)?.code !== HEADER_MISMATCH) throw thrown;
        // The server has not looked at the call, and its tools say which headers it wants.
        await this.listTools({ signal });
        return send();
      });
      if (isJsonObject(given)) return given;
      throw new McpConnectionError('answered with a result that is no object');
    } catch (thrown) {
      const refusal = errorIn(thrown);
      if (refusal) return { content: [{ type: 'text', text: refusal.message }], isError: true };
      throw thrown;
    }
  }

  async isAlive(): Promise<boolean> {
    return (await this.probe()) === 'sound';
  }

  terminate(): Promise<void> {
    return this.options.endSession();
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private get isModern(): boolean {
    return this.state.era === 'modern';
  }

  /** Over HTTP, headers repeat parameters that the tool's schema names. */
  private get repeatsParameters(): boolean {
    return this.isModern && this.state.transport === 'streamable-http';
  }

  private usable(tools: McpTool[]): McpTool[] {
    return this.repeatsParameters ? this.paramHeaders.learn(this.state.connectionId, tools) : tools;
  }

  private headersFor(name: string, args: Record<string, unknown>): Record<string, string> | undefined {
    if (!this.repeatsParameters) return undefined;
    return this.paramHeaders.headersFor(this.state.connectionId, name, args);
  }

  /** One time for all requests of an operation. */
  private inTime(signal: AbortSignal | undefined): () => LinkRequestOptions {
    const stopAt = performance.now() + this.options.timeoutMs;
    return () => ({ ms: stopAt - performance.now(), signal });
  }

  /** Throws `McpSessionGone` if the request was certainly not executed, since the server does not know what is stored. */
  private async judged(call: RpcCall, options: LinkRequestOptions): Promise<Given> {
    try {
      return await this.link.request(call, options);
    } catch (thrown) {
      if (!(thrown instanceof McpConnectionError) || this.options.session === 'none') throw thrown;
      const verdict = await this.considered(verdictOf(this.link.failed, this.state.era));
      if (verdict === 'lost') throw new McpSessionGone(thrown);
      this.isSuspect = verdict === 'suspect';
      throw thrown;
    }
  }

  /** What is doubtful of a session from before is asked: with a new one, the answer means the request. */
  private async considered(verdict: SessionVerdict): Promise<SessionVerdict> {
    if (verdict !== 'doubtful') return verdict;
    return this.options.session === 'resumed' ? this.probe() : 'sound';
  }

  /** Whether the server knows what is stored: `sound`, `lost`, or `suspect` if that is unknown. */
  private async probe(): Promise<SessionVerdict> {
    const stopAt = performance.now() + Math.min(PROBE_MS, (this.stopAt - performance.now()) / PART_OF_TIME);
    return this.isModern ? probeModern(this.link, stopAt) : probeLegacy(this.link, stopAt);
  }
}

/** The error that a server answered. */
const errorIn = (thrown: unknown): McpError | undefined =>
  thrown instanceof McpConnectionError && thrown.cause instanceof McpError ? thrown.cause : undefined;
