import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve, type HttpServer, type RpcRequest } from './http-servers.ts';

/** A request as it arrived; `rpc` is the message in it. */
export interface RecordedRequest {
  method: string;
  /** Without its query. */
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  body: string;
  rpc?: RpcRequest;
}

export interface RecordingServer extends HttpServer {
  origin: string;
  requests: RecordedRequest[];
  /** What it was asked, in short: `initialize`, `tools/call`, `DELETE`. */
  asked(): string[];
  /** As after a restart. */
  forgetSessions(): void;
  openSessions(): string[];
}

interface Behaviour {
  /** Answers in place of the server: true if it did. */
  before?: (request: RecordedRequest, response: ServerResponse) => boolean | Promise<boolean>;
  /** What it says of itself. */
  serverInfo?: (request: RecordedRequest) => object;
}

export const whatOf = ({ method, path, rpc }: RecordedRequest): string =>
  rpc?.method ?? (path === '/mcp' ? method : path);

/** An MCP server with sessions that records every request. Its tool answers with the name and the arguments it got. */
export async function recordingServer({ before, serverInfo }: Behaviour = {}): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const sessions = new Set<string>();

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = incoming;
    const { pathname: path, search: query } = new URL(url, 'http://127.0.0.1');
    const body = await text(incoming);
    const request: RecordedRequest = { method, path, query, headers, body };
    if (headers['content-type'] === 'application/json') request.rpc = JSON.parse(body) as RpcRequest;
    requests.push(request);
    if (await before?.(request, response)) return;
    if (path !== '/mcp') return void response.writeHead(404).end();
    if (request.rpc?.method === 'initialize') return initialize(request, request.rpc, response);
    const session = String(headers['mcp-session-id']);
    if (!sessions.has(session)) return void response.writeHead(404).end();
    if (method === 'DELETE') return void (sessions.delete(session) && response.writeHead(200).end());
    if (!request.rpc) return void response.writeHead(405).end();
    const { id, params, method: asked } = request.rpc;
    if (id === undefined) return void response.writeHead(202).end();
    const told = JSON.stringify({ name: params?.name, arguments: params?.arguments });
    const result =
      asked === 'tools/list'
        ? { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }
        : { content: [{ type: 'text', text: told }] };
    sendJson(response, { jsonrpc: '2.0', id, result });
  };

  const initialize = (request: RecordedRequest, { id, params }: RpcRequest, response: ServerResponse): void => {
    const session = randomUUID();
    sessions.add(session);
    const result = {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'recording', version: '1.0.0', ...serverInfo?.(request) },
    };
    sendJson(response, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': session });
  };

  const server = await serve((incoming, response) => void answer(incoming, response).catch(() => response.destroy()));
  return {
    ...server,
    origin: new URL(server.url).origin,
    requests,
    asked: () => requests.map(whatOf),
    forgetSessions: () => sessions.clear(),
    openSessions: () => [...sessions],
  };
}

export function sendJson(response: ServerResponse, body: object, headers: Record<string, string> = {}, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
