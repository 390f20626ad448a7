import type { SessionEvent } from '../../telemetry/events/session-event.ts';
import { isSessionKey, sessionIdOf, type Key } from '../../table/keys.ts';
import { itemIn, type StreamRecord } from '../../table/stream-record.ts';
import type { SessionItem } from '../../table/session-item.ts';

type EventSource = Key & SessionItem;

/**
 * The event of a record of the table's stream, if it has one. It is read from the session's own item alone. Each change
 * except a touch increments its version, so a version has at most one event, and session and version make the id. Not
 * checked: an item may be older than this code.
 */
export function sessionEventOf({ eventName, dynamodb = {} }: StreamRecord): SessionEvent | undefined {
  const before = itemIn(dynamodb.OldImage) as EventSource | undefined;
  const after = itemIn(dynamodb.NewImage) as EventSource | undefined;
  const item = after ?? before;
  if (!item || !isSessionKey(item)) return undefined;
  const seconds = dynamodb.ApproximateCreationDateTime ?? NaN;
  switch (eventName) {
    case 'INSERT':
      return { ...everyEvent(item, seconds), type: 'session.created', ...beginningOf(item) };
    case 'REMOVE':
      return endedEvent(item, seconds);
    case 'MODIFY':
      // An event that the item already had before was sent already.
      if (!item.news || item.newsVersion === before?.newsVersion) return undefined;
      return { ...everyEvent(item, seconds), ...item.news };
    case undefined:
      return undefined;
  }
}

function everyEvent(item: EventSource, seconds: number) {
  const { version, userId, orgId } = item;
  const sessionId = sessionIdOf(item);
  return {
    id: `${sessionId}:${version}`,
    version,
    time: new Date(seconds * 1000).toISOString(),
    sessionId,
    userId,
    orgId,
  };
}

const beginningOf = ({ createdAt, inactivitySeconds }: SessionItem) => ({ createdAt, inactivitySeconds });

/**
 * An end by the product has a reason, and its claim made a version. An item that was deleted by hand has neither: a
 * person asked for this end, and the last version has an event already.
 */
function endedEvent(item: EventSource, seconds: number): SessionEvent {
  const isClaimed = item.endReason !== undefined;
  const ended: EventSource = isClaimed ? item : { ...item, endReason: 'requested', version: item.version + 1 };
  return { ...everyEvent(ended, seconds), type: 'session.ended', ...endOf(ended, seconds) };
}

const endOf = ({ createdAt, endReason, mcpClientIds = new Set() }: SessionItem, seconds: number) => ({
  reason: endReason as NonNullable<typeof endReason>,
  createdAt,
  // The stream's clock is not the one that wrote `createdAt`, and has only whole seconds.
  durationSeconds: Math.max(0, Math.round(seconds - Date.parse(createdAt) / 1000)),
  mcpClientIds: [...mcpClientIds].sort(),
});
