import type { ServerResponse } from 'node:http';
import { sendJson, type RecordedRequest } from '../../mcp-clients/recording-server.ts';
import { HEADER } from './canaries.ts';

/** Ways of a server to give back what it was sent. */
export type Leak =
  'nothing' | 'rpc-error' | 'body' | 'content-type' | 'garbage' | 'redirect' | 'session-id' | 'headers';

export function leaking(leak: Leak, { headers, query, rpc }: RecordedRequest, response: ServerResponse): boolean {
  const echo = JSON.stringify({ ...headers, query, values: [...new URLSearchParams(query).values()] });
  const authorization = headers.authorization?.replace('Bearer ', '') ?? HEADER;
  if (leak === 'nothing') return false;
  if (leak === 'rpc-error') {
    const error = { code: -32_000, message: `no: ${echo} ${authorization}`, data: { echo } };
    sendJson(response, { jsonrpc: '2.0', id: rpc?.id ?? null, error });
  }
  if (leak === 'body') response.writeHead(500, { 'x-said': authorization }).end(echo);
  if (leak === 'content-type') response.writeHead(200, { 'content-type': `text/${authorization}` }).end(echo);
  if (leak === 'garbage') response.writeHead(200, { 'content-type': 'application/json' }).end(authorization);
  if (leak === 'redirect') response.writeHead(307, { location: `http://10.0.0.1/${authorization}${query}` }).end();
  if (leak === 'headers') {
    const challenge = `Bearer error="invalid_token", error_description="${authorization}"`;
    response.writeHead(401, authorization, { 'www-authenticate': challenge, 'set-cookie': authorization }).end(echo);
  }
  if (leak === 'session-id') {
    const serverInfo = { name: 'x', version: '1' };
    const result = { protocolVersion: rpc?.params?.protocolVersion, capabilities: {}, serverInfo };
    sendJson(response, { jsonrpc: '2.0', id: rpc?.id, result }, { 'mcp-session-id': authorization });
  }
  return true;
}
export const LEAKS: Leak[] = ['rpc-error', 'body', 'content-type', 'garbage', 'redirect', 'headers'];
