import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { McpClientItem } from './mcp-client-store.ts';
import { isMcpClientKey, sessionIdOf, type Key } from './table-schema.ts';

/** A change of the table that others must hear of. */
export interface McpClientRemoved {
  type: 'mcp-client-removed';
  sessionId: string;
  client: McpClientItem;
}

/** A record of the table's stream, as Lambda and DynamoDB Streams deliver it. */
export interface StreamRecord {
  eventName?: string | undefined;
  dynamodb?: { OldImage?: Record<string, object> | undefined } | undefined;
}

/** What a record of the table's stream means, if it means something that is acted on. */
export function changeIn({ eventName, dynamodb }: StreamRecord): McpClientRemoved | undefined {
  const item = dynamodb?.OldImage;
  if (eventName !== 'REMOVE' || !item) return undefined;
  const before = unmarshall(item as Parameters<typeof unmarshall>[0]) as Key & McpClientItem;
  if (!isMcpClientKey(before)) return undefined;
  return { type: 'mcp-client-removed', sessionId: sessionIdOf(before), client: before };
}
