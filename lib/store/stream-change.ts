import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { McpClientItem } from './mcp-client-store.ts';
import {
  isMcpClientKey,
  isSessionKey,
  sessionIdOf,
  type Key,
  type SessionItem,
  type WorkspaceAccessState,
} from './table-schema.ts';

/** A change of the table that others must hear of. */
export type Change = McpClientRemoved | WorkspaceAccessEnded;

export interface McpClientRemoved {
  type: 'mcp-client-removed';
  sessionId: string;
  client: McpClientItem;
}

/** A session ended that could be mounted from elsewhere, or was about to be. */
export interface WorkspaceAccessEnded extends WorkspaceAccessState {
  type: 'workspace-access-ended';
  sessionId: string;
}

/** A record of the table's stream, as Lambda and DynamoDB Streams deliver it. */
export interface StreamRecord {
  eventName?: string | undefined;
  dynamodb?: { OldImage?: Record<string, object> | undefined } | undefined;
}

/** What a record of the table's stream means, if it means something that is acted on. */
export function changeIn({ eventName, dynamodb }: StreamRecord): Change | undefined {
  const item = dynamodb?.OldImage;
  if (eventName !== 'REMOVE' || !item) return undefined;
  const before = unmarshall(item as Parameters<typeof unmarshall>[0]) as Key;
  if (isMcpClientKey(before)) {
    return { type: 'mcp-client-removed', sessionId: sessionIdOf(before), client: before as Key & McpClientItem };
  }
  const { workspaceAccess } = before as Key & SessionItem;
  if (!isSessionKey(before) || !workspaceAccess) return undefined;
  return { type: 'workspace-access-ended', sessionId: sessionIdOf(before), ...workspaceAccess };
}
