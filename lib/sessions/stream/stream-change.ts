import type { PendingTermination } from '../../mcp-clients/session-termination-store.ts';
import type { McpClientItem } from '../../mcp-clients/mcp-client-store.ts';
import { isTerminationKey, isMcpClientKey, isSessionKey, sessionIdOf, type Key } from '../../table/keys.ts';
import type { SessionItem, WorkspaceAccessState } from '../../table/session-item.ts';
import { itemIn, type StreamRecord } from '../../table/stream-record.ts';

/** A change of the table that has a side effect. */
export type StreamChange =
  | { type: 'mcp-client-removed'; sessionId: string; client: McpClientItem }
  | { type: 'termination-due'; termination: PendingTermination }
  | WorkspaceAccessEnded;

/** A session ended that has an access point, or a token for one. */
export interface WorkspaceAccessEnded extends WorkspaceAccessState {
  type: 'workspace-access-ended';
  sessionId: string;
}

/** The change of a record of the table's stream, if it has a side effect. */
export function changeIn({ eventName, dynamodb }: StreamRecord): StreamChange | undefined {
  const before = itemIn(dynamodb?.OldImage);
  if (eventName === 'REMOVE' && before) return whatEnded(before);
  const after = itemIn(dynamodb?.NewImage);
  if (eventName === 'MODIFY' && after && isTerminationKey(after)) {
    return { type: 'termination-due', termination: after as Key & PendingTermination };
  }
  return undefined;
}

function whatEnded(item: Key): StreamChange | undefined {
  const sessionId = sessionIdOf(item);
  if (isMcpClientKey(item)) return { type: 'mcp-client-removed', sessionId, client: item as Key & McpClientItem };
  const { workspaceAccess } = item as Key & SessionItem;
  if (!isSessionKey(item) || !workspaceAccess) return undefined;
  return { type: 'workspace-access-ended', sessionId, ...workspaceAccess };
}
