import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import type { McpConnectionState } from '../mcp-client-store.ts';
import { ClientCredentialsGrant } from './client-credentials-grant.ts';
import { endpointFetch } from './endpoint-fetch.ts';
import { eraIsDue } from '../era-age.ts';
import { EndedByQuestion } from './eras/discover.ts';
import type { Era, Introduction } from './eras/introduction.ts';
import { ParamHeaders } from './eras/param-headers.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { HttpTransport } from './http-transport.ts';
import type { McpConnection, McpConnector, McpTarget } from '../mcp-connector.ts';
import { McpLink } from './mcp-link.ts';
import { redactJson } from '../credentials/redact.ts';
import { ServerConnection, type ServerConnectionOptions } from './server-connection.ts';
import { SseTransport } from './sse-transport.ts';
import { StdioTransport } from './stdio-transport.ts';

/** Time limit for terminating a session on a server (ms). */
const TERMINATE_MS = 5_000;
/** After an initialization that failed, the caller waits for this (ms). */
const ABANDON_MS = 1_000;
const MAX_GRANTS = 500;
const GRANT_MS = 60 * 60 * 1000;

export interface ServerConnectorOptions {
  /** Reaches only what the endpoint policy allows. */
  fetch: GuardedFetch;
  /** The commands that may be started, as callers must write them. */
  stdioCommands: readonly string[];
  /** Where they are looked for, as in PATH. */
  searchPath: string | undefined;
  /** Of the work that a request is a part of, as W3C Trace Context has it. */
  traceparent?: () => string | undefined;
  now?: () => Date;
}

type Transport = McpConnectionState['transport'];

/** Connects over Streamable HTTP, the HTTP with SSE before it, and to commands over stdio. */
export class ServerConnector implements McpConnector {
  private readonly options: ServerConnectorOptions;
  private readonly now: () => Date;
  private readonly paramHeaders = new ParamHeaders();
  private readonly grants = new LRUCache<string, ClientCredentialsGrant>({ max: MAX_GRANTS, ttl: GRANT_MS });

  constructor(options: ServerConnectorOptions) {
    this.options = options;
    this.now = options.now ?? (() => new Date());
  }

  async connect(target: McpTarget): Promise<McpConnection> {
    const { address } = target;
    if (address.type === 'stdio') return this.start(target, address.command, address.args);
    if (address.type === 'sse') return this.connectSse(target, address.endpoint);
    return this.connectHttp(target, address.endpoint);
  }

  async look(target: McpTarget): Promise<McpConnectionState | undefined> {
    const { address } = target;
    if (address.type !== 'http') return undefined;
    const { link } = this.newHttp(target, address.endpoint);
    try {
      const found = await link.look();
      return found && this.stateOf(link, found, 'streamable-http');
    } finally {
      await link.close();
    }
  }

  async resume(target: McpTarget, state: McpConnectionState): Promise<McpConnection> {
    const { address } = target;
    if (address.type === 'stdio') return this.start(target, address.command, address.args, state);
    // A stream is the whole session of such a server: it ends with the process that reads it.
    if (state.transport === 'sse') return this.connectSse(target, address.endpoint, state);
    const { link, endSession } = this.newHttp(target, address.endpoint, state);
    await link.resume({ era: state.era ?? 'legacy', protocolVersion: state.protocolVersion });
    return this.connectionOver(link, state, { timeoutMs: target.timeoutMs, session: 'resumed', endSession });
  }

  private async connectHttp(target: McpTarget, endpoint: string): Promise<McpConnection> {
    const startedAt = performance.now();
    const { link, transport, endSession } = this.newHttp(target, endpoint);
    try {
      const state = this.stateOf(link, await link.open(), 'streamable-http', transport.mcpSessionId);
      return this.connectionOver(link, state, { timeoutMs: target.timeoutMs, session: 'new', endSession });
    } catch (thrown) {
      if (transport.mcpSessionId !== undefined) await this.abandon(target, endpoint, transport.mcpSessionId);
      await link.close();
      if (!speaksTheOldWay(thrown)) throw thrown;
      const timeoutMs = timeLeft(target, startedAt);
      // If that fails too, the caller receives the first failure.
      return this.connectSse({ ...target, timeoutMs }, endpoint).catch((second: unknown) => {
        throw second instanceof McpEndpointForbiddenError ? second : thrown;
      });
    }
  }

  private connectionOver(link: McpLink, state: McpConnectionState, options: ServerConnectionOptions): McpConnection {
    return new ServerConnection(link, state, options, this.paramHeaders);
  }

  private newHttp(target: McpTarget, endpoint: string, resumed?: McpConnectionState) {
    const grant = this.grantOf(target);
    const { fetch, failure } = endpointFetch(this.options.fetch, endpoint, target.credentials, grant);
    const transport = new HttpTransport(new URL(endpoint), fetch, resumed);
    const { traceparent } = this.options;
    const link = new McpLink(transport, target, { failure, secrets: () => grant?.tokensKnown() ?? [], traceparent });
    const endSession = () => link.within(Math.min(target.timeoutMs, TERMINATE_MS), () => transport.terminate());
    return { link, transport, endSession };
  }

  /** For a session that the server opened before its initialization failed. */
  private async abandon(target: McpTarget, endpoint: string, mcpSessionId: string): Promise<void> {
    const { link, transport } = this.newHttp(target, endpoint, { mcpSessionId } as McpConnectionState);
    await link.within(ABANDON_MS, () => transport.terminate()).catch(() => undefined);
    await link.close();
  }

  private async connectSse(target: McpTarget, endpoint: string, stored?: McpConnectionState): Promise<McpConnection> {
    const grant = this.grantOf(target);
    const { fetch, failure } = endpointFetch(this.options.fetch, endpoint, target.credentials, grant);
    const transport = new SseTransport(new URL(endpoint), fetch);
    const link = new McpLink(transport, target, { failure, secrets: () => grant?.tokensKnown() ?? [] });
    return orClosed(link, async () => {
      const state = this.stateOf(link, await link.openLegacy(), 'sse');
      return this.connectionOver(link, datedAs(stored, state, this.now()), forThisUse(target));
    });
  }

  private async start(
    target: McpTarget,
    command: string,
    args: string[],
    stored?: McpConnectionState,
  ): Promise<McpConnection> {
    const { stdioCommands, searchPath, traceparent } = this.options;
    if (!stdioCommands.includes(command)) {
      throw new McpEndpointForbiddenError('is a command that is not on the list of those allowed here');
    }
    const startedAt = performance.now();
    const open = async (first: Era, timeoutMs: number): Promise<McpConnection> => {
      const transport = new StdioTransport({ command, args, directory: target.workspacePath, searchPath });
      const link = new McpLink(transport, { ...target, timeoutMs }, { traceparent });
      return orClosed(link, async () => {
        const state = this.stateOf(link, await link.open(first), 'stdio');
        return this.connectionOver(link, datedAs(stored, state, this.now()), forThisUse(target));
      });
    };
    const isKnown = stored?.era === 'legacy' && !eraIsDue(stored, this.now());
    if (isKnown) return open('legacy', target.timeoutMs);
    return open('modern', target.timeoutMs).catch((thrown: unknown) => {
      // Some servers of the era before end at a request that they do not know.
      if (thrown instanceof EndedByQuestion) return open('legacy', timeLeft(target, startedAt));
      throw thrown;
    });
  }

  /** What the server states about itself is stored and returned, so it must not contain a secret. */
  private stateOf(
    link: McpLink,
    { era, isCertain = true, protocolVersion, serverInfo, capabilities, discover }: Introduction,
    transport: Transport,
    mcpSessionId?: string,
  ): McpConnectionState {
    const redact = link.redactor();
    const redacted = <T>(value: T) => redactJson(value, redact) as T;
    if (mcpSessionId !== undefined && redacted(mcpSessionId) !== mcpSessionId) {
      throw new McpConnectionError('uses a secret as the id of its session');
    }
    return {
      connectionId: uuidv7(),
      era,
      ...(isCertain && { eraFoundAt: this.now().toISOString() }),
      transport,
      ...(mcpSessionId !== undefined && { mcpSessionId }),
      protocolVersion,
      serverInfo: redacted(serverInfo),
      capabilities: JSON.stringify(redacted(capabilities)),
      ...(discover && { discover: JSON.stringify(redacted(discover)) }),
    };
  }

  /** Kept under what belongs to one client alone, so that no token ever serves another. */
  private grantOf({ credentials: { auth }, credentialsId }: McpTarget): ClientCredentialsGrant | undefined {
    if (auth?.type !== 'oauth-client-credentials') return undefined;
    const grant = this.grants.get(credentialsId) ?? new ClientCredentialsGrant(auth);
    this.grants.set(credentialsId, grant);
    return grant;
  }
}

/** Such a session is the connection, and ends with it. */
const forThisUse = ({ timeoutMs }: McpTarget): ServerConnectionOptions => ({
  timeoutMs,
  session: 'none',
  endSession: async () => {},
});

/** A refusal of an initialization, and a state that cannot be had, leave nothing open. */
async function orClosed<T>(link: McpLink, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

const timeLeft = ({ timeoutMs }: McpTarget, startedAt: number): number =>
  Math.max(1, timeoutMs - (performance.now() - startedAt));

/** What is found again keeps its date until it is due: then nothing has to be stored. */
function datedAs(stored: McpConnectionState | undefined, found: McpConnectionState, now: Date): McpConnectionState {
  const isFoundAgain = stored?.eraFoundAt !== undefined && stored.era === found.era && !eraIsDue(stored, now);
  return isFoundAgain ? { ...found, eraFoundAt: stored.eraFoundAt } : found;
}

/** As the protocol has it: a server of HTTP with SSE alone refuses the request with one of these, and no JSON-RPC error. */
function speaksTheOldWay(thrown: unknown): boolean {
  if (!(thrown instanceof McpConnectionError)) return false;
  const { serverStatus, serverMessage } = thrown.details;
  return [400, 404, 405].includes(Number(serverStatus)) && serverMessage === undefined;
}
