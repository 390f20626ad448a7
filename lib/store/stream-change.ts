import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Farewell } from './farewell-store.ts';
import type { McpClientItem } from './mcp-client-store.ts';
import { isFarewellKey, isMcpClientKey, sessionIdOf, type Key } from './table-schema.ts';

/** A change of the table that something follows from. */
export type StreamChange =
  | { type: 'mcp-client-removed'; sessionId: string; client: McpClientItem }
  | { type: 'farewell-due'; farewell: Farewell };

type Image = Record<string, object> | undefined;

/** A record of the table's stream, as Lambda and DynamoDB Streams deliver it. */
export interface StreamRecord {
  eventName?: string | undefined;
  dynamodb?: { OldImage?: Image; NewImage?: Image } | undefined;
}

/** What a record of the table's stream means, if it means something that is acted on. */
export function changeIn({ eventName, dynamodb }: StreamRecord): StreamChange | undefined {
  const before = itemIn<McpClientItem>(dynamodb?.OldImage);
  if (eventName === 'REMOVE' && before && isMcpClientKey(before)) {
    return { type: 'mcp-client-removed', sessionId: sessionIdOf(before), client: before };
  }
  const after = itemIn<Farewell>(dynamodb?.NewImage);
  if (eventName === 'MODIFY' && after && isFarewellKey(after)) return { type: 'farewell-due', farewell: after };
  return undefined;
}

const itemIn = <T>(image: Image) => image && (unmarshall(image as Parameters<typeof unmarshall>[0]) as Key & T);
