import { McpConnectionError } from '../../errors.ts';
import type { McpConnectionState } from '../mcp-client-store.ts';
import {
  McpSessionGone,
  type McpCallOptions,
  type McpConnection,
  type McpTool,
  type McpToolResult,
} from '../mcp-connector.ts';
import type { McpLink } from './mcp-link.ts';
import { isJsonObject } from '../../json/raw-json.ts';
import { McpError } from './answers/mcp-error.ts';
import type { Given } from './answers/rpc-message.ts';
import { verdictOf, verdictOfProbe, type SessionVerdict } from './answers/session-verdict.ts';
import { allTools } from './answers/tool-pages.ts';

/** What is asked to find out whether a session is alive: not every server knows the first. */
const HARMLESS = ['ping', 'tools/list'];
/** For all that is asked (ms), and never more than this part of the time that is left. */
const PROBE_MS = 3_000;
const PART_OF_TIME = 3;

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
  private readonly stopAt: number;

  constructor(link: McpLink, state: McpConnectionState, options: ServerConnectionOptions) {
    this.link = link;
    this.state = state;
    this.options = options;
    this.stopAt = performance.now() + options.timeoutMs;
  }

  async listTools({ signal }: McpCallOptions = {}): Promise<McpTool[]> {
    const stopAt = performance.now() + this.options.timeoutMs;
    const page = (cursor: string | undefined) =>
      this.judging(() =>
        this.link.request({ method: 'tools/list', params: { cursor } }, { ms: stopAt - performance.now(), signal }),
      );
    return allTools(page);
  }

  async callTool(name: string, args: Record<string, unknown>, { signal }: McpCallOptions = {}): Promise<McpToolResult> {
    try {
      const params = { name, arguments: args };
      const { given } = await this.judging(() => this.link.request({ method: 'tools/call', params }, { signal }));
      if (isJsonObject(given)) return given;
      throw new McpConnectionError('answered with a result that is no object');
    } catch (thrown) {
      const refusal = thrown instanceof McpConnectionError ? thrown.cause : undefined;
      if (refusal instanceof McpError) return { content: [{ type: 'text', text: refusal.message }], isError: true };
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

  /** Throws `McpSessionGone` if the request was certainly not executed, since the server does not know the session. */
  private async judging(request: () => Promise<Given>): Promise<Given> {
    try {
      return await request();
    } catch (thrown) {
      if (!(thrown instanceof McpConnectionError) || this.options.session === 'none') throw thrown;
      const verdict = await this.considered(verdictOf(this.link.failed));
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

  /** Whether the session is alive: `sound`, `lost`, or `suspect` if that is unknown. */
  private async probe(): Promise<SessionVerdict> {
    const stopAt = performance.now() + Math.min(PROBE_MS, (this.stopAt - performance.now()) / PART_OF_TIME);
    let takesNone = true;
    for (const method of HARMLESS) {
      if (performance.now() >= stopAt) return 'suspect';
      try {
        await this.link.request({ method }, { ms: stopAt - performance.now() });
        return 'sound';
      } catch {
        const verdict = verdictOfProbe(this.link.failed);
        if (verdict === 'lost' || verdict === 'sound') return verdict;
        takesNone &&= this.link.failed.status === 400;
      }
    }
    // A server that takes no request of this session has not executed the one before either.
    return takesNone ? 'lost' : 'suspect';
  }
}
