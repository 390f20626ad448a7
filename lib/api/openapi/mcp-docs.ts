import { mcpClientAnswer, mcpClientsAnswer, mcpToolResultAnswer, mcpToolsAnswer, nothing } from './answers.ts';
import { EXAMPLE } from './operation-doc.ts';

const { sessionId, mcpEndpoint: endpoint } = EXAMPLE;
const tag = 'mcp-clients' as const;
const client = { sessionId, clientId: 'tools' };
const CALL_ERRORS = ['MCP_CLIENT_NOT_FOUND', 'MCP_CONNECTION', 'MCP_ENDPOINT_FORBIDDEN'] as const;

export const mcpDocs = {
  addMcpClient: {
    tag,
    summary: 'Connect a session to an MCP server',
    description: 'Answers after a real connection. Credentials are sealed and never told, not even masked.',
    output: mcpClientAnswer,
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
    description: 'What is left out is gone.',
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
    description: 'Answers the MCP `CallToolResult`, unchanged.',
    output: mcpToolResultAnswer,
    errors: [...CALL_ERRORS, 'RESPONSE_TOO_LARGE'],
    examples: {
      plain: { summary: 'With arguments', input: { ...client, name: 'echo', arguments: { message: 'Hello' } } },
    },
  },
} as const;
