import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, type Actor, type Door } from './door.ts';

/** What a scenario may use: a door to a stack whose limits are 20 in all, 6 an organisation and 3 a user. */
export interface Stage {
  door: Door;
  /** A running MCP server. */
  mcpEndpoint: string;
  /** A name that no other scenario uses. */
  fresh: (what: string) => string;
}

export const STAGE_ENV = { MAX_SESSIONS: '20', MAX_SESSIONS_PER_ORG: '6', MAX_SESSIONS_PER_USER: '3' };

export type Scenario = (stage: Stage) => Promise<void>;

export const someone = ({ fresh }: Stage): Actor => ({ userId: fresh('user'), orgId: fresh('org') });
export const create = (door: Door, actor: Actor, input = {}) =>
  ok<SessionInfo>(door.call('createSession', actor, input));
/** An id that no session has. */
export const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

export async function endAll(door: Door, actor: Actor, sessions: { id: string }[]): Promise<void> {
  for (const { id } of sessions) await ok(door.call('cleanupSession', actor, { sessionId: id }));
}
