import { randomUUID } from 'node:crypto';
import { createMcpHandler, McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What a server speaks: 2026-07-28 alone, only what was before it, or both. */
export type Mode = 'modern' | 'legacy' | 'dual';

export const MODES: readonly Mode[] = ['modern', 'legacy', 'dual'];

/** A server of the official SDK. `executed` hears of each call that it carries out. */
export function newServer(executed: (n: number) => void): McpServer {
  const server = new McpServer({ name: 'two-eras', version: '1' }, { capabilities: { tools: {} } });
  const input = z.object({
    n: z.number(),
    region: z.string().optional().meta({ 'x-mcp-header': 'Region' }),
  });
  server.registerTool('count', { description: 'Counts.', inputSchema: input }, ({ n, region }) => {
    executed(n);
    return { content: [{ type: 'text', text: `${n} ${region}` }], structuredContent: { n }, more: { n } };
  });
  return server;
}

/** The same over HTTP, with sessions where it speaks what was before 2026-07-28 alone. */
export function httpHandler(mode: Mode, executed: (n: number) => void): (request: Request) => Promise<Response> {
  if (mode !== 'legacy') {
    const legacy = mode === 'modern' ? 'reject' : 'stateless';
    return createMcpHandler(() => newServer(executed), { legacy }).fetch;
  }
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return async (request) => {
    const known = sessions.get(request.headers.get('mcp-session-id') ?? '');
    if (known) return known.handleRequest(request);
    if (request.headers.has('mcp-session-id')) return new Response('Session not found', { status: 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: true,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await newServer(executed).connect(transport);
    return transport.handleRequest(request);
  };
}
