import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface HttpServer {
  url: string;
  close(): Promise<void>;
}

/** A small server on 127.0.0.1. */
export async function serve(listener: RequestListener): Promise<HttpServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface RpcRequest {
  id?: number | string;
  method: string;
  params?: Record<string, unknown>;
}

type Answers = (request: RpcRequest, response: ServerResponse) => object | undefined | Promise<object | undefined>;

/**
 * An MCP server before 2026-07-28: it initializes as the protocol says and answers the rest with what `answers` gives:
 * `{ result }`, `{ error }`, or nothing if it has answered by itself. Without `mcpSessionId` it is one without sessions.
 */
export async function serveMcp(answers: Answers, mcpSessionId?: string): Promise<HttpServer> {
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (incoming.method !== 'POST') return void response.writeHead(405).end();
    const request = JSON.parse(await text(incoming)) as RpcRequest;
    if (request.id === undefined) return void response.writeHead(202).end();
    const given = answerBefore(request) ?? (await answers(request, response));
    if (given === undefined) return;
    const headers = {
      'content-type': 'application/json',
      ...(mcpSessionId && request.method === 'initialize' && { 'mcp-session-id': mcpSessionId }),
    };
    response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...given }));
  };
  return serve((incoming, response) => void answer(incoming, response).catch(() => response.destroy()));
}

const answerBefore = (request: RpcRequest): object | undefined => {
  if (request.method === 'initialize') return initialized(request);
  return request.method === 'server/discover' ? METHOD_NOT_FOUND : undefined;
};

/** What a server before 2026-07-28 answers to `server/discover`. */
export const METHOD_NOT_FOUND = { error: { code: -32601, message: 'Method not found' } };

function initialized({ params }: RpcRequest): object {
  return {
    result: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'small', version: '1.0.0' },
    },
  };
}
