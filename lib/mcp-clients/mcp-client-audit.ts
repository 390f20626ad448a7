import { auditRows, effectRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

const MCP_CLIENT = [...SESSION_FIELDS, 'mcpClientId'] as const;

export const mcpClientAudit = auditRows({
  addMcpClient: { attempt: 'mcp-client.add', done: 'mcp-client.added', has: MCP_CLIENT },
  getMcpClient: { attempt: 'mcp-client.read', done: 'mcp-client.read', has: MCP_CLIENT },
  listMcpClients: { attempt: 'mcp-client.list', done: 'mcp-client.listed', has: SESSION_FIELDS },
  removeMcpClient: { attempt: 'mcp-client.remove', done: 'mcp-client.removed', has: MCP_CLIENT },
  updateMcpClientAuth: { attempt: 'mcp-client.authorize', done: 'mcp-client.authorized', has: MCP_CLIENT },
  listMcpTools: { attempt: 'mcp-tool.list', done: 'mcp-tool.listed', has: MCP_CLIENT },
  callMcpTool: { attempt: 'mcp-tool.call', done: 'mcp-tool.called', has: MCP_CLIENT, may: ['tool'] },
});

export const mcpClientEffects = effectRows({
  /** The MCP server of a removed client has ended the session that it had. */
  'mcp-session.ended': { during: ['sessionEvents'], has: ['sessionId', 'mcpClientId', 'attempts'] },
});
