import type { Write } from '../table/write.ts';
import { sessionKey } from '../table/keys.ts';
import { TELL, IS_ACTIVE, STATUS, ACTIVE, told } from '../table/active-session.ts';

const HAS_NO_MCP_CLIENT = 'attribute_not_exists(mcpClientIds)';
const HAS_ROOM_FOR_MCP_CLIENT = 'size(mcpClientIds) < :limit';

/** Adds to the set on the session while it is active and below the limit, which is at least 1. */
export const addMcpClientId = (sessionId: string, clientId: string, limit: number): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${TELL} ADD mcpClientIds :ids, version :one`,
    ConditionExpression: `${IS_ACTIVE} AND (${HAS_NO_MCP_CLIENT} OR ${HAS_ROOM_FOR_MCP_CLIENT})`,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: {
      ...ACTIVE,
      ...told({ type: 'mcp-client.added', mcpClientId: clientId }),
      ':ids': new Set([clientId]),
      ':limit': limit,
    },
  },
});

export const removeMcpClientId = (sessionId: string, clientId: string): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${TELL} DELETE mcpClientIds :ids ADD version :one`,
    ConditionExpression: IS_ACTIVE,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: {
      ...ACTIVE,
      ...told({ type: 'mcp-client.removed', mcpClientId: clientId }),
      ':ids': new Set([clientId]),
    },
  },
});
