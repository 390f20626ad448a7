import * as z from 'zod/mini';
import { clientIdSchema, mcpClientConfigSchema, mcpCredentialsShape } from './mcp-client-config.ts';
import { operation } from '../operations/operation.ts';

const sessionShape = () => ({ sessionId: z.string() });
const clientShape = () => ({ ...sessionShape(), clientId: clientIdSchema() });

export const mcpClientOperations = {
  addMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.extend(mcpClientConfigSchema(), sessionShape()),
    async run({ sessionId, ...config }, { manager }) {
      return { output: (await manager.session(sessionId).addMcpClient(config)).getInfo() };
    },
  }),

  listMcpClients: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.strictObject(sessionShape()),
    async run({ sessionId }, { manager }) {
      return { output: { mcpClients: await manager.session(sessionId).listMcpClients() } };
    },
  }),

  getMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.strictObject(clientShape()),
    async run({ sessionId, clientId }, { manager }) {
      return { output: (await manager.session(sessionId).getMcpClient(clientId)).getInfo() };
    },
  }),

  removeMcpClient: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.strictObject(clientShape()),
    async run({ sessionId, clientId }, { manager }) {
      await manager.session(sessionId).removeMcpClient(clientId);
      return { output: null };
    },
  }),

  updateMcpClientAuth: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.strictObject({ ...clientShape(), ...mcpCredentialsShape() }),
    async run({ sessionId, clientId, ...credentials }, { manager }) {
      await manager.session(sessionId).mcpClient(clientId).updateAuth(credentials);
      return { output: null };
    },
  }),

  listMcpTools: operation({
    function: 'mcp',
    access: 'caller',
    input: () => z.strictObject(clientShape()),
    async run({ sessionId, clientId }, { manager }) {
      return { output: { tools: await manager.session(sessionId).mcpClient(clientId).listTools() } };
    },
  }),

  callMcpTool: operation({
    function: 'mcp',
    access: 'caller',
    input: () =>
      z.strictObject({
        ...clientShape(),
        name: z.string().check(z.minLength(1), z.maxLength(256)),
        arguments: z.optional(z.record(z.string(), z.json())),
      }),
    async run({ sessionId, clientId, name, arguments: args = {} }, { manager }) {
      return { output: await manager.session(sessionId).mcpClient(clientId).callTool(name, args) };
    },
  }),
};
