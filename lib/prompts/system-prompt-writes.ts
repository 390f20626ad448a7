import type { Write } from '../table/write.ts';
import { promptKey, sessionKey } from '../table/keys.ts';
import { storedPrompt } from './stored-prompt.ts';
import { STORE_EVENT, IS_ACTIVE, STATUS, ACTIVE, storedEvent } from '../table/active-session.ts';

export const putPrompt = (sessionId: string, systemPrompt: string): Write => ({
  Put: { Item: { ...promptKey(sessionId), systemPrompt: storedPrompt(systemPrompt) } },
});

/** Beside a write of the prompt: costs what a look at the session would, and makes a version of it. */
export const promptUpdated = (sessionId: string): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${STORE_EVENT} ADD version :one`,
    ConditionExpression: IS_ACTIVE,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: { ...ACTIVE, ...storedEvent({ type: 'session.prompt-updated' }) },
  },
});
