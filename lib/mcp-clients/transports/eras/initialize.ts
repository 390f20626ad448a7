import type { Transport } from '@modelcontextprotocol/client';
import { McpConnectionError } from '../../../errors.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import type { RpcPeer } from '../rpc-peer.ts';
import { CLIENT_INFO } from './client-info.ts';
import { NAMELESS, serverInfoIn, withoutNulls, type Introduction } from './introduction.ts';

/** Those of the era in which a session is initialized, the newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

/** Initializes a session: 2025-11-25 and before. */
export async function initialize(peer: RpcPeer, transport: Transport): Promise<Introduction> {
  peer.answersRequests = true;
  const params = { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo: CLIENT_INFO };
  const { given } = await peer.request({ method: 'initialize', params });
  const introduction = introductionIn(given);
  if (!LEGACY_VERSIONS.some((version) => version === introduction.protocolVersion)) {
    throw new McpConnectionError('speaks a version of the protocol that is not known here');
  }
  transport.setProtocolVersion?.(introduction.protocolVersion);
  await peer.notify({ method: 'notifications/initialized' });
  return introduction;
}

/**
 * Some servers leave out their name or capabilities, or write null for what they do not have. Only a version of the protocol
 * is needed.
 */
function introductionIn(given: unknown): Introduction {
  const { protocolVersion, capabilities, serverInfo } = isJsonObject(given) ? given : {};
  if (typeof protocolVersion !== 'string') {
    throw new McpConnectionError('answered the initialization without a version of the protocol');
  }
  const known = serverInfoIn({ ...NAMELESS, ...withoutNulls(serverInfo) });
  if (known === undefined) throw new McpConnectionError('did not speak the protocol');
  return { era: 'legacy', protocolVersion, capabilities: withoutNulls(capabilities), serverInfo: known };
}
