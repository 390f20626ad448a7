import { types } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import pTimeout, { TimeoutError } from 'p-timeout';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { McpConnectionError } from '../errors.ts';
import type { McpConnectionState } from '../store/mcp-client-store.ts';
import type { McpTarget } from './mcp-client-config.ts';
import {
  McpSessionGone,
  type McpConnection,
  type McpConnector,
  type McpTool,
  type McpToolResult,
} from './mcp-connector.ts';

const CLIENT_INFO = { name: 'agent-session-manager', version: '0.1.0' };
/** The SDK's own limit, which would throw what servers can answer with too, is out of reach: `within` is first. */
const NEVER = { timeout: 2 ** 31 - 1 };
const MAX_TOOL_PAGES = 100;
/** A server that does not answer a farewell is not waited for. */
const TERMINATE_MS = 5_000;

/** Loose, so that what a newer protocol adds is passed on. */
const toolPageSchema = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string() })),
  nextCursor: z.string().optional(),
});
const toolResultSchema = z.looseObject({});

/** MCP over Streamable HTTP, with the official SDK. */
export const streamableHttpConnector: McpConnector = {
  async connect(target) {
    const { client, transport } = newClient(target);
    return within(target.timeoutMs, transport, async () => {
      await client.connect(transport, NEVER);
      return openConnection(target, client, transport, {
        connectionId: uuidv7(),
        ...(transport.sessionId !== undefined && { mcpSessionId: transport.sessionId }),
        protocolVersion: transport.protocolVersion ?? '',
        serverInfo: client.getServerVersion() ?? { name: '', version: '' },
        capabilities: JSON.stringify(client.getServerCapabilities() ?? {}),
      });
    });
  },

  async resume(target, state) {
    // A server without sessions has nothing to resume: initializing is all that its connection is.
    if (state.mcpSessionId === undefined) return this.connect(target);
    const { client, transport } = newClient(target, state.mcpSessionId);
    return within(target.timeoutMs, transport, async () => {
      transport.setProtocolVersion(state.protocolVersion);
      await client.connect(transport);
      return openConnection(target, client, transport, state);
    });
  },
};

function newClient({ endpoint }: McpTarget, sessionId?: string) {
  const transport = new StreamableHTTPClientTransport(new URL(endpoint), { sessionId });
  const client = new Client(CLIENT_INFO);
  // Errors of requests reject the requests; what remains is the optional listening stream, which nobody waits for.
  client.onerror = () => undefined;
  return { client, transport };
}

function openConnection(
  { timeoutMs }: McpTarget,
  client: Client,
  transport: StreamableHTTPClientTransport,
  state: McpConnectionState,
): McpConnection {
  const request = <T>(message: Parameters<Client['request']>[0], schema: z.ZodType<T>, ms = timeoutMs) =>
    within(ms, transport, () => client.request(message, schema, NEVER));

  return {
    state,

    async listTools(): Promise<McpTool[]> {
      const tools: McpTool[] = [];
      let cursor: string | undefined;
      const stopAt = performance.now() + timeoutMs;
      for (let page = 1; page <= MAX_TOOL_PAGES; page++) {
        const { tools: more, nextCursor } = await request(
          { method: 'tools/list', params: { cursor } },
          toolPageSchema,
          Math.max(0, stopAt - performance.now()),
        );
        tools.push(...more);
        if (nextCursor === undefined) return tools;
        cursor = nextCursor;
      }
      throw new McpConnectionError(`gave more than ${MAX_TOOL_PAGES} pages of tools`);
    },

    async callTool(name, args): Promise<McpToolResult> {
      try {
        return await request({ method: 'tools/call', params: { name, arguments: args } }, toolResultSchema);
      } catch (thrown) {
        const refusal = thrown instanceof McpConnectionError ? thrown.cause : undefined;
        if (isAnswer(refusal)) return { content: [{ type: 'text', text: refusal.message }], isError: true };
        throw thrown;
      }
    },

    async terminate(): Promise<void> {
      await within(Math.min(timeoutMs, TERMINATE_MS), transport, () => transport.terminateSession()).catch((thrown) => {
        if (!(thrown instanceof McpSessionGone)) throw thrown;
      });
    },

    close: () => client.close(),
  };
}

/** Bounds a step in time, lets go of the connection when it fails, and says what went wrong in our words. */
async function within<T>(ms: number, transport: StreamableHTTPClientTransport, step: () => Promise<T>): Promise<T> {
  const resumed = transport.sessionId !== undefined;
  try {
    return await pTimeout(step(), { milliseconds: ms });
  } catch (thrown) {
    if (isAnswer(thrown)) throw new McpConnectionError(`answered: ${thrown.message}`, thrown);
    await transport.close();
    if (resumed && isUnknownSession(thrown)) throw new McpSessionGone();
    throw new McpConnectionError(problemIn(thrown), loggable(thrown));
  }
}

/** An error that the server answered with, as against one of the connection. */
function isAnswer(thrown: unknown): thrown is McpError {
  return thrown instanceof McpError;
}

/** The protocol says 404; servers in the field also say 400. */
function isUnknownSession(thrown: unknown): boolean {
  return thrown instanceof StreamableHTTPError && (thrown.code === 404 || thrown.code === 400);
}

/** The body of an answer may repeat what it was sent, which goes into no log. */
function loggable(thrown: unknown): unknown {
  return thrown instanceof StreamableHTTPError ? new Error(`HTTP status ${thrown.code}`) : thrown;
}

function problemIn(thrown: unknown): string {
  if (thrown instanceof TimeoutError) return 'did not answer in time';
  if (thrown instanceof StreamableHTTPError && (thrown.code ?? 0) > 0)
    return `answered with HTTP status ${thrown.code}`;
  if (types.isNativeError(thrown) && thrown.name === 'TypeError') return 'could not be reached';
  return 'did not speak the protocol';
}
