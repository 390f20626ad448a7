import type { Route } from '../operations/route.ts';
import type { mcpClientOperations } from './mcp-client-operations.ts';

const CLIENTS = '/sessions/{sessionId}/mcp-clients';
const CLIENT = `${CLIENTS}/{clientId}` as const;

export const mcpClientRoutes = {
  addMcpClient: {
    method: 'POST',
    path: CLIENTS,
    body: ['id', 'name', 'type', 'endpoint', 'command', 'args', 'headers', 'auth', 'config'],
    status: 201,
    // The second connection would be refused, since the first has the id.
    repetition: 'never',
  },
  listMcpClients: { method: 'GET', path: CLIENTS, status: 200, repetition: 'always' },
  getMcpClient: { method: 'GET', path: CLIENT, status: 200, repetition: 'always' },
  removeMcpClient: { method: 'DELETE', path: CLIENT, status: 204, repetition: 'always' },
  updateMcpClientAuth: {
    method: 'PUT',
    path: `${CLIENT}/auth`,
    body: ['auth', 'headers'],
    status: 204,
    repetition: 'always',
  },
  listMcpTools: { method: 'GET', path: `${CLIENT}/tools`, status: 200, repetition: 'always' },
  callMcpTool: {
    method: 'POST',
    path: `${CLIENT}/tool-calls`,
    body: ['name', 'arguments'],
    passedOn: ['arguments'],
    status: 200,
    repetition: 'never',
  },
} as const satisfies Record<keyof typeof mcpClientOperations, Route>;
