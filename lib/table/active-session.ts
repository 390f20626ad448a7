import type { StoredEvent } from './session-item.ts';
import type { Write } from './write.ts';
import { sessionKey } from './keys.ts';

export const IS_ACTIVE = '#status = :active';
export const STATUS = { '#status': 'status' };
export const ACTIVE = { ':active': 'active' };

/** Says in the same write what it is, and the version that it makes: the stream's record has both. */
export const STORE_EVENT = 'SET news = :news, newsVersion = version + :one';
export const storedEvent = (news: StoredEvent) => ({ ':news': news, ':one': 1 });

export const sessionIsActive = (sessionId: string): Write => ({
  ConditionCheck: {
    Key: sessionKey(sessionId),
    ConditionExpression: IS_ACTIVE,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: ACTIVE,
  },
});
