import { mcpClientKey, promptKey, sessionKey, userEntryKey, type Key } from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import { DUE_NOW, dueKey } from './due-index.ts';
import { ROLLED_BACK, type EndReason } from '../telemetry/events/session-event.ts';
import type { IdempotencyItem, SessionItem } from '../table/session-item.ts';
import { IS_ACTIVE, STATUS, ACTIVE } from '../table/active-session.ts';

/**
 * Every write of a session and the condition it stands under. Names of conditions read as sentences; the store turns
 * what they find into outcomes.
 *
 *   (none) ── putSession ──▶ active ── claimEnd ──▶ ending ── the deletes, together ──▶ (none)
 *                            │    ▲
 *                            └────┘ touch, setMetadata, setMetadataOf, promptUpdated, addMcpClientId, removeMcpClientId
 */
const DOES_NOT_EXIST = 'attribute_not_exists(pk)';
const IS_ENDING = '#status = :ending';
const UNCHANGED_SINCE = 'lastActiveAt = :seen';
const NOBODY_WAS_ANSWERED_WITH_IT = 'attribute_not_exists(repeated)';
const HAS_VERSION = 'version = :version';
const ACTIVE_EARLIER = 'lastActiveAt < :now';
const HAS_EXPIRED = '#ttl <= :now';
const IS_OF_SESSION = 'sessionId = :sessionId';

/** The SDK judges an object by its `constructor`, which here may be one of the caller's names. */
const asMap = (metadata: Record<string, string>) => new Map(Object.entries(metadata));

export const putSession = (item: SessionItem): Write => ({
  Put: {
    Item: { ...sessionKey(item.id), ...item, metadata: asMap(item.metadata) },
    ConditionExpression: DOES_NOT_EXIST,
  },
});

export const putUserEntry = (session: SessionItem): Write => ({
  Put: { Item: userEntryKey(session, session.id) },
});

export const putIdempotency = (key: Key, item: IdempotencyItem, nowSeconds: number): Write => ({
  Put: {
    Item: { ...key, ...item },
    ConditionExpression: `${DOES_NOT_EXIST} OR ${HAS_EXPIRED}`,
    ExpressionAttributeNames: { '#ttl': 'ttl' },
    ExpressionAttributeValues: { ':now': nowSeconds },
  },
});

export const freeIdempotency = (key: Key, sessionId: string): Write => ({
  Delete: {
    Key: key,
    ConditionExpression: `${DOES_NOT_EXIST} OR ${IS_OF_SESSION}`,
    ExpressionAttributeValues: { ':sessionId': sessionId },
  },
});

/**
 * Two touches at once: the later time wins, since the earlier one finds its condition failed.
 * Touch against claim: whoever writes first; the other finds `ending`, or a changed `lastActiveAt`.
 */
export const touch = (session: SessionItem, now: Date, idleMs: number) => ({
  Key: sessionKey(session.id),
  UpdateExpression: 'SET lastActiveAt = :now, due = :due REMOVE news, newsVersion',
  ConditionExpression: `${IS_ACTIVE} AND ${ACTIVE_EARLIER}`,
  ExpressionAttributeNames: STATUS,
  ExpressionAttributeValues: { ...ACTIVE, ':now': now.toISOString(), ':due': dueKey(now.getTime(), idleMs) },
});

export const setMetadata = (sessionId: string, metadata: Record<string, string>) => ({
  Key: sessionKey(sessionId),
  UpdateExpression: 'SET metadata = :metadata ADD version :one',
  ConditionExpression: IS_ACTIVE,
  ExpressionAttributeNames: STATUS,
  ExpressionAttributeValues: { ...ACTIVE, ':metadata': asMap(metadata), ':one': 1 },
});

/** The same, only if the session is as it was seen. */
export const setMetadataOf = (seen: SessionItem, metadata: Record<string, string>, writeId: string) => {
  const { ExpressionAttributeValues, ...change } = setMetadata(seen.id, metadata);
  return {
    ...change,
    UpdateExpression: 'SET metadata = :metadata, metadataWriteId = :writeId ADD version :one',
    ConditionExpression: `${IS_ACTIVE} AND ${HAS_VERSION}`,
    ExpressionAttributeValues: { ...ExpressionAttributeValues, ':version': seen.version, ':writeId': writeId },
  };
};

/** Before a repeated create is answered. Against `rollBack`: whoever writes first; the other finds its condition failed. */
export const answerWithIt = (sessionId: string) => ({
  Key: sessionKey(sessionId),
  UpdateExpression: 'SET repeated = :true REMOVE news, newsVersion',
  ConditionExpression: IS_ACTIVE,
  ExpressionAttributeNames: STATUS,
  ExpressionAttributeValues: { ...ACTIVE, ':true': true },
});

/** The end of a session that nobody knows of. */
export function rollBack(sessionId: string) {
  const claim = claimEnd(sessionId, ROLLED_BACK);
  return { ...claim, ConditionExpression: `${claim.ConditionExpression} AND ${NOBODY_WAS_ANSWERED_WITH_IT}` };
}

/** For a sweep also on the activity it judged by: a touch in between makes this condition fail. */
export const claimEnd = (sessionId: string, reason: EndReason, lastActiveSeen?: string) => ({
  Key: sessionKey(sessionId),
  UpdateExpression: 'SET #status = :ending, endReason = :reason, due = :dueNow ADD version :one',
  ConditionExpression: lastActiveSeen === undefined ? IS_ACTIVE : `${IS_ACTIVE} AND ${UNCHANGED_SINCE}`,
  ExpressionAttributeNames: STATUS,
  ExpressionAttributeValues: {
    ...ACTIVE,
    ':ending': 'ending',
    ':reason': reason,
    ':dueNow': DUE_NOW,
    ':one': 1,
    ...(lastActiveSeen === undefined ? {} : { ':seen': lastActiveSeen }),
  },
});

export const deleteEndingSession = (sessionId: string): Write => ({
  Delete: {
    Key: sessionKey(sessionId),
    ConditionExpression: IS_ENDING,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: { ':ending': 'ending' },
  },
});

/** What hangs on a session, under a name for each write. */
export const deleteBelongings = (session: SessionItem): Record<string, Write> => ({
  entry: { Delete: { Key: userEntryKey(session, session.id) } },
  prompt: { Delete: { Key: promptKey(session.id) } },
  ...Object.fromEntries(
    [...(session.mcpClientIds ?? [])].map((clientId) => [
      `mcp:${clientId}`,
      { Delete: { Key: mcpClientKey(session.id, clientId) } },
    ]),
  ),
});
