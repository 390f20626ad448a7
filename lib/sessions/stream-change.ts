import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Farewell } from '../mcp-clients/session-termination-store.ts';
import type { McpClientItem } from '../mcp-clients/mcp-client-store.ts';
import {
  isFarewellKey,
  isMcpClientKey,
  isSessionKey,
  sessionIdOf,
  type Key,
  type SessionItem,
  type WorkspaceAccessState,
} from '../table/keys.ts';

/** A change of the table that something follows from. */
export type StreamChange =
  | { type: 'mcp-client-removed'; sessionId: string; client: McpClientItem }
  | { type: 'farewell-due'; farewell: Farewell }
  | WorkspaceAccessEnded;

type Image = Record<string, object> | undefined;

/** A session ended that could be mounted from elsewhere, or was about to be. */
export interface WorkspaceAccessEnded extends WorkspaceAccessState {
  type: 'workspace-access-ended';
  sessionId: string;
}

/** A record of the table's stream, as Lambda and DynamoDB Streams deliver it. */
export interface StreamRecord {
  eventName?: string | undefined;
  dynamodb?:
    | {
        /** Seconds since the epoch. */
        ApproximateCreationDateTime?: number | undefined;
        OldImage?: Image;
        NewImage?: Image;
      }
    | undefined;
}

/** What a record of the table's stream means, if it means something that is acted on. */
export function changeIn({ eventName, dynamodb }: StreamRecord): StreamChange | undefined {
  const before = itemIn(dynamodb?.OldImage);
  if (eventName === 'REMOVE' && before) return whatEnded(before);
  const after = itemIn(dynamodb?.NewImage);
  if (eventName === 'MODIFY' && after && isFarewellKey(after)) {
    return { type: 'farewell-due', farewell: after as Key & Farewell };
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

export const itemIn = (image: Image): Key | undefined =>
  image && (unmarshall(image as Parameters<typeof unmarshall>[0]) as Key);
