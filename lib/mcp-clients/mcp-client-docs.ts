import * as z from 'zod/mini';
import { EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { mcpClientOperations } from './mcp-client-operations.ts';

const { sessionId, mcpEndpoint: endpoint } = EXAMPLE;
const tag = 'mcp-clients';
const client = { sessionId, clientId: 'tools' };
const CALL_ERRORS = ['MCP_CLIENT_NOT_FOUND', 'MCP_CONNECTION', 'MCP_ENDPOINT_FORBIDDEN'] as const;

const mcpClientAnswer = named(
  'McpClient',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    type: z.enum(['http', 'sse', 'stdio']),
    endpoint: z.optional(z.string()),
    command: z.optional(z.string()),
    serverInfo: z.looseObject({ name: z.string(), version: z.string() }),
    protocolVersion: z.string(),
    connectedAt: time,
  }),
);
const mcpClientsAnswer = z.strictObject({ mcpClients: z.array(mcpClientAnswer) });
/** As its server described it: anything may be in it. */
const mcpToolsAnswer = z.strictObject({
  tools: z.array(z.looseObject({ name: z.string() })),
  ttlMs: z.optional(z.number()),
  cacheScope: z.optional(z.enum(['public', 'private'])),
});
const mcpToolResultAnswer = z.looseObject({});

export const mcpClientDocs = {
  addMcpClient: {
    tag,
    summary: 'Connect a session to an MCP server',
    description:
      'Answers after a real connection. Credentials and the query of `endpoint` are sealed; no answer has them, not even masked.',
    output: mcpClientAnswer,
    variants: {
      field: 'type',
      of: {
        http: { name: 'HttpMcpClientConfig', needs: ['endpoint'], without: ['command', 'args'] },
        sse: { name: 'SseMcpClientConfig', needs: ['endpoint'], without: ['command', 'args'] },
        stdio: { name: 'StdioMcpClientConfig', needs: ['command'], without: ['endpoint', 'auth', 'headers'] },
      },
    },
    errors: ['MCP_CLIENT_EXISTS', 'MCP_CLIENT_LIMIT', 'MCP_CONNECTION', 'MCP_ENDPOINT_FORBIDDEN'],
    examples: {
      open: { summary: 'A server that is open to all', input: { sessionId, id: 'open', type: 'http', endpoint } },
      token: {
        summary: 'A server that wants a token, with a time of its own for calls',
        input: {
          sessionId,
          id: 'with-token',
          name: 'Issue tracker',
          type: 'http',
          endpoint,
          auth: { type: 'bearer', token: 'a-token-of-that-server' },
          config: { timeoutMs: 5000 },
        },
      },
    },
  },
  listMcpClients: {
    tag,
    summary: 'A session’s MCP clients',
    output: mcpClientsAnswer,
    errors: [],
    examples: { plain: { summary: 'All of them', input: { sessionId } } },
  },
  getMcpClient: {
    tag,
    summary: 'An MCP client',
    output: mcpClientAnswer,
    errors: ['MCP_CLIENT_NOT_FOUND'],
    examples: { plain: { summary: 'By its id', input: client } },
  },
  removeMcpClient: {
    tag,
    summary: 'Disconnect from an MCP server',
    description: 'The session on that server is ended with it. A server that does not answer is asked again later.',
    output: nothing,
    errors: ['MCP_CLIENT_NOT_FOUND'],
    examples: { plain: { summary: 'By its id', input: client } },
  },
  updateMcpClientAuth: {
    tag,
    summary: 'Replace an MCP client’s credentials',
    description: 'What is left out is gone. The query of the endpoint is a part of its address and stays.',
    output: nothing,
    errors: ['MCP_CLIENT_NOT_FOUND'],
    examples: {
      token: { summary: 'Another token', input: { ...client, auth: { type: 'bearer', token: 'another-token' } } },
      none: { summary: 'None any more', input: client },
    },
  },
  listMcpTools: {
    tag,
    summary: 'An MCP server’s tools, as it describes them',
    output: mcpToolsAnswer,
    errors: [...CALL_ERRORS, 'RESPONSE_TOO_LARGE'],
    examples: { plain: { summary: 'All of them', input: client } },
  },
  callMcpTool: {
    tag,
    summary: 'Call a tool',
    description: 'Answers the MCP `CallToolResult`, unchanged. A call that may have been executed is never sent twice.',
    output: mcpToolResultAnswer,
    errors: [...CALL_ERRORS, 'RESPONSE_TOO_LARGE'],
    examples: {
      plain: { summary: 'With arguments', input: { ...client, name: 'echo', arguments: { message: 'Hello' } } },
    },
  },
} as const satisfies DocsOf<typeof mcpClientOperations>;
