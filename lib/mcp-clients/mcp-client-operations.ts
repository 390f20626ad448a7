import { mcpClientAudit } from './mcp-client-audit.ts';
import * as z from 'zod/mini';
import type { McpClient, McpClientHandle, McpClientInfo } from './mcp-client.ts';
import { mcpClientConfigSchema, mcpCredentialsShape, type McpClientConfig } from './mcp-client-config.ts';
import { idSchema, storedIdSchema } from '../schemas.ts';
import { passedOnObject } from '../json/passed-on.ts';
import { operationOf } from '../operations/operation.ts';

const sessionShape = () => ({ sessionId: z.string() });
const clientShape = () => ({ ...sessionShape(), clientId: idSchema() });

/** An alias, not an interface: declarations of `operations` then need no name of it. */
type ManagerOfMcpClients = {
  session(sessionId: string): {
    addMcpClient(config: McpClientConfig): Promise<McpClient>;
    listMcpClients(): Promise<McpClientInfo[]>;
    getMcpClient(clientId: string): Promise<McpClient>;
    removeMcpClient(clientId: string): Promise<void>;
    mcpClient(clientId: string): McpClientHandle;
  };
};

const operation = operationOf<ManagerOfMcpClients>();

export const mcpClientOperations = {
  /**
   * Connect a session to an MCP server. Answers after a real connection. Credentials are sealed and never returned, not even
   * masked.
   */
  addMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.addMcpClient,
    input: () => z.extend(mcpClientConfigSchema(), sessionShape()),
    run: async ({ sessionId, ...config }, { manager }) => {
      return { output: (await manager.session(sessionId).addMcpClient(config)).getInfo() };
    },
  }),

  /** A session’s MCP clients. */
  listMcpClients: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.listMcpClients,
    input: () => z.strictObject(sessionShape()),
    run: async ({ sessionId }, { manager }) => {
      return { output: { mcpClients: await manager.session(sessionId).listMcpClients() } };
    },
  }),

  /** An MCP client. */
  getMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.getMcpClient,
    input: () => z.strictObject(clientShape()),
    run: async ({ sessionId, clientId }, { manager }) => {
      return { output: (await manager.session(sessionId).getMcpClient(clientId)).getInfo() };
    },
  }),

  /**
   * Disconnect from an MCP server. The session on that server is ended with it. A server that does not answer is asked
   * again later.
   */
  removeMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.removeMcpClient,
    input: () => z.strictObject({ ...sessionShape(), clientId: storedIdSchema() }),
    run: async ({ sessionId, clientId }, { manager }) => {
      await manager.session(sessionId).removeMcpClient(clientId);
      return { output: null };
    },
  }),

  /** Replace an MCP client’s credentials. What is left out is gone. */
  updateMcpClientAuth: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.updateMcpClientAuth,
    input: () => z.strictObject({ ...clientShape(), ...mcpCredentialsShape() }),
    run: async ({ sessionId, clientId, ...credentials }, { manager }) => {
      await manager.session(sessionId).mcpClient(clientId).updateAuth(credentials);
      return { output: null };
    },
  }),

  /** An MCP server’s tools, as it describes them. */
  listMcpTools: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.listMcpTools,
    input: () => z.strictObject(clientShape()),
    run: async ({ sessionId, clientId }, { manager }) => {
      return { output: await manager.session(sessionId).mcpClient(clientId).toolList() };
    },
  }),

  /** Call a tool. Answers the MCP `CallToolResult`, unchanged. */
  callMcpTool: operation({
    function: 'mcp',
    access: 'caller',
    audit: mcpClientAudit.callMcpTool,
    input: () =>
      z.strictObject({
        ...clientShape(),
        name: z.string().check(z.minLength(1), z.maxLength(256)),
        arguments: z.optional(passedOnObject()),
      }),
    run: async ({ sessionId, clientId, name, arguments: args = {} }, { manager }) => {
      return { output: await manager.session(sessionId).mcpClient(clientId).callTool(name, args) };
    },
  }),
};
