/** A client as it is stored. Nobody connects to it. */
export const CLIENT = {
  clientId: 'tools',
  name: 'tools',
  address: { type: 'http', endpoint: 'http://127.0.0.1:9/mcp' },
  timeoutMs: 1_000,
  connection: {
    connectionId: 'first',
    transport: 'streamable-http',
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'none', version: '1' },
    capabilities: '{}',
  },
  connectedAt: '2026-11-22T12:00:00.000Z',
} as const;
