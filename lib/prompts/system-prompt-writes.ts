import type { Write } from '../table/write.ts';
import { promptKey, sessionKey } from '../table/keys.ts';
import { storedPrompt } from './stored-prompt.ts';
import { TELL, IS_ACTIVE, STATUS, ACTIVE, told } from '../table/active-session.ts';

export const putPrompt = (sessionId: string, systemPrompt: string): Write => ({
  Put: { Item: { ...promptKey(sessionId), systemPrompt: storedPrompt(systemPrompt) } },
});

/** Beside a write of the prompt: costs what a look at the session would, and makes a version of it. */
export const promptUpdated = (sessionId: string): Write => ({
  Update: {
    Key: sessionKey(sessionId),
    UpdateExpression: `${TELL} ADD version :one`,
    ConditionExpression: IS_ACTIVE,
    ExpressionAttributeNames: STATUS,
    ExpressionAttributeValues: { ...ACTIVE, ...told({ type: 'session.prompt-updated' }) },
  },
});
