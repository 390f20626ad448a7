import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import type { McpConnectionState } from '../mcp-client-store.ts';
import { ClientCredentialsGrant } from './client-credentials-grant.ts';
import { endpointFetch } from './endpoint-fetch.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { HttpTransport } from './http-transport.ts';
import type { McpConnection, McpConnector, McpTarget } from '../mcp-connector.ts';
import { McpLink } from './mcp-link.ts';
import { redactJson } from '../credentials/redact.ts';
import { SdkConnection, type SdkConnectionOptions } from './sdk-connection.ts';
import { SseTransport } from './sse-transport.ts';
import { StdioTransport } from './stdio-transport.ts';

/** Time limit for terminating a session on a server (ms). */
const TERMINATE_MS = 5_000;
/** After an initialization that failed, the caller waits for this (ms). */
const ABANDON_MS = 1_000;
const MAX_GRANTS = 500;
const GRANT_MS = 60 * 60 * 1000;

export interface SdkConnectorOptions {
  /** Reaches only what the endpoint policy allows. */
  fetch: GuardedFetch;
  /** The commands that may be started, as callers must write them. */
  stdioCommands: readonly string[];
  /** Where they are looked for, as in PATH. */
  searchPath: string | undefined;
}

type Transport = McpConnectionState['transport'];

/** Connects with the client of the official SDK: Streamable HTTP, the HTTP with SSE before it, and commands over stdio. */
export class SdkConnector implements McpConnector {
  private readonly options: SdkConnectorOptions;
  private readonly grants = new LRUCache<string, ClientCredentialsGrant>({ max: MAX_GRANTS, ttl: GRANT_MS });

  constructor(options: SdkConnectorOptions) {
    this.options = options;
  }

  async connect(target: McpTarget): Promise<McpConnection> {
    const { address } = target;
    if (address.type === 'stdio') return this.start(target, address.command, address.args);
    if (address.type === 'sse') return this.connectSse(target, address.endpoint);
    return this.connectHttp(target, address.endpoint);
  }

  async resume(target: McpTarget, state: McpConnectionState): Promise<McpConnection> {
    const { address } = target;
    if (address.type === 'stdio') return this.start(target, address.command, address.args);
    // A stream is the whole session of such a server: it ends with the process that reads it.
    if (state.transport === 'sse') return this.connectSse(target, address.endpoint);
    const { link, endSession } = this.newHttp(target, address.endpoint, state);
    await link.open();
    return new SdkConnection(link, state, { timeoutMs: target.timeoutMs, session: 'resumed', endSession });
  }

  private async connectHttp(target: McpTarget, endpoint: string): Promise<McpConnection> {
    const startedAt = performance.now();
    const { link, transport, endSession } = this.newHttp(target, endpoint);
    try {
      await link.open();
      const state = stateOf(link, 'streamable-http', transport);
      return new SdkConnection(link, state, { timeoutMs: target.timeoutMs, session: 'new', endSession });
    } catch (thrown) {
      if (transport.mcpSessionId !== undefined) await this.abandon(target, endpoint, transport.mcpSessionId);
      await link.close();
      if (!speaksTheOldWay(thrown)) throw thrown;
      const timeoutMs = Math.max(1, target.timeoutMs - (performance.now() - startedAt));
      // If that fails too, the caller receives the first failure.
      return this.connectSse({ ...target, timeoutMs }, endpoint).catch((second: unknown) => {
        throw second instanceof McpEndpointForbiddenError ? second : thrown;
      });
    }
  }

  private newHttp(target: McpTarget, endpoint: string, resumed?: McpConnectionState) {
    const grant = this.grantOf(target);
    const { fetch, failure } = endpointFetch(this.options.fetch, endpoint, target.credentials, grant);
    const transport = new HttpTransport(new URL(endpoint), fetch, resumed);
    const link = new McpLink(transport, target, { failure, secrets: () => grant?.tokensKnown() ?? [] });
    const endSession = () => link.within(Math.min(target.timeoutMs, TERMINATE_MS), () => transport.terminate());
    return { link, transport, endSession };
  }

  /** For a session that the server opened before its initialization failed. */
  private async abandon(target: McpTarget, endpoint: string, mcpSessionId: string): Promise<void> {
    const { link, transport } = this.newHttp(target, endpoint, { mcpSessionId } as McpConnectionState);
    await link.within(ABANDON_MS, () => transport.terminate()).catch(() => undefined);
    await link.close();
  }

  private async connectSse(target: McpTarget, endpoint: string): Promise<McpConnection> {
    const grant = this.grantOf(target);
    const { fetch, failure } = endpointFetch(this.options.fetch, endpoint, target.credentials, grant);
    const transport = new SseTransport(new URL(endpoint), fetch);
    const link = new McpLink(transport, target, { failure, secrets: () => grant?.tokensKnown() ?? [] });
    return orClosed(link, async () => {
      await link.open();
      return new SdkConnection(link, stateOf(link, 'sse', transport), forThisUse(target));
    });
  }

  private async start(target: McpTarget, command: string, args: string[]): Promise<McpConnection> {
    const { stdioCommands, searchPath } = this.options;
    if (!stdioCommands.includes(command)) {
      throw new McpEndpointForbiddenError('is a command that is not on the list of those allowed here');
    }
    const transport = new StdioTransport({ command, args, directory: target.workspacePath, searchPath });
    const link = new McpLink(transport, target);
    return orClosed(link, async () => {
      await link.open();
      return new SdkConnection(link, stateOf(link, 'stdio', transport), forThisUse(target));
    });
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
const forThisUse = ({ timeoutMs }: McpTarget): SdkConnectionOptions => ({
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

/** What the server states about itself is stored and returned, so it must not contain a secret. */
function stateOf(
  link: McpLink,
  transport: Transport,
  { protocolVersion = '', mcpSessionId }: { protocolVersion: string | undefined; mcpSessionId?: string | undefined },
): McpConnectionState {
  const redact = link.redactor();
  const redacted = <T>(value: T) => redactJson(value, redact) as T;
  if (mcpSessionId !== undefined && redacted(mcpSessionId) !== mcpSessionId) {
    throw new McpConnectionError('uses a secret as the id of its session');
  }
  return {
    connectionId: uuidv7(),
    transport,
    ...(mcpSessionId !== undefined && { mcpSessionId }),
    protocolVersion,
    serverInfo: redacted(link.client.getServerVersion() ?? { name: '', version: '' }),
    capabilities: JSON.stringify(redacted(link.client.getServerCapabilities() ?? {})),
  };
}

/** As the protocol has it: a server of HTTP with SSE alone refuses the request with one of these, and no JSON-RPC error. */
function speaksTheOldWay(thrown: unknown): boolean {
  if (!(thrown instanceof McpConnectionError)) return false;
  const { serverStatus, serverMessage } = thrown.details;
  return [400, 404, 405].includes(Number(serverStatus)) && serverMessage === undefined;
}
