import type { McpConnectionState } from './mcp-client-store.ts';

/** A server of the era before may have been upgraded: it still answers as before, so nothing else would show it (ms). */
const LOOKED_AT_AGAIN_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a server is to be asked again which era it speaks. One that speaks 2026-07-28 is not: it fails clearly if it no
 * longer does. An item of release 0.1.0 says nothing, so its server is asked at its first use.
 */
export function eraIsDue({ era, eraFoundAt }: McpConnectionState, now: Date): boolean {
  if (era === 'modern') return false;
  return eraFoundAt === undefined || now.getTime() - Date.parse(eraFoundAt) >= LOOKED_AT_AGAIN_MS;
}
