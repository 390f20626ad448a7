import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { isJsonObject } from '../../../json/raw-json.ts';
import type { RpcCall } from '../rpc-peer.ts';
import { CLIENT_INFO } from './client-info.ts';
import { headerValue } from './header-value.ts';

/** Those of the era in which every request says all about itself, the newest first. */
export const MODERN_VERSIONS = ['2026-07-28'] as const;

/** Reserved names in `_meta`. */
export const META = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
} as const;

/** The parameter that `Mcp-Name` repeats, for the methods that have the header. */
const NAME_OF: Record<string, string> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

/** A request as 2026-07-28 has it. What the call says in `_meta` itself stands, but for the version. */
export function enveloped({ method, params }: RpcCall, protocolVersion: string, traceparent?: string): RpcCall {
  const own = isJsonObject(params?._meta) ? params._meta : {};
  const _meta = {
    [META.clientInfo]: CLIENT_INFO,
    [META.clientCapabilities]: {},
    ...(traceparent !== undefined && { traceparent }),
    ...own,
    [META.protocolVersion]: protocolVersion,
  };
  return { method, params: { ...params, _meta } };
}

/** The headers that repeat what an enveloped request says; nothing for another message. */
export function envelopeHeaders(message: JSONRPCMessage): Record<string, string> | undefined {
  if (!('method' in message) || !('id' in message)) return undefined;
  const params: Record<string, unknown> = message.params ?? {};
  const version = isJsonObject(params._meta) ? params._meta[META.protocolVersion] : undefined;
  if (typeof version !== 'string') return undefined;
  const name = params[NAME_OF[message.method] ?? ''];
  return {
    'mcp-protocol-version': version,
    'mcp-method': headerValue(message.method),
    ...(typeof name === 'string' && { 'mcp-name': headerValue(name) }),
  };
}
