import type { Write } from '../table/write.ts';
import { sessionKey } from '../table/keys.ts';
import { STORE_EVENT, IS_ACTIVE, STATUS, ACTIVE, storedEvent } from '../table/active-session.ts';

const HAS_NO_MCP_CLIENT = 'attribute_not_exists(mcpClientIds)';
const IS_BELOW_MCP_CLIENT_LIMIT = 'size(mcpClientIds) < :limit';

/** Adds to the set on the session while it is active and below the limit, which is at least 1. */
export const addMcpClientId = (sessionId: string, clientId: string, limit: number): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${STORE_EVENT} ADD mcpClientIds :ids, version :one`,
    ConditionExpression: `${IS_ACTIVE} AND (${HAS_NO_MCP_CLIENT} OR ${IS_BELOW_MCP_CLIENT_LIMIT})`,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: {
      ...ACTIVE,
      ...storedEvent({ type: 'mcp-client.added', mcpClientId: clientId }),
      ':ids': new Set([clientId]),
      ':limit': limit,
    },
  },
});

export const removeMcpClientId = (sessionId: string, clientId: string): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${STORE_EVENT} DELETE mcpClientIds :ids ADD version :one`,
    ConditionExpression: IS_ACTIVE,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: {
      ...ACTIVE,
      ...storedEvent({ type: 'mcp-client.removed', mcpClientId: clientId }),
      ':ids': new Set([clientId]),
    },
  },
});
