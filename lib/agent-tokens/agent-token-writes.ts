import { agentTokensKey } from '../table/keys.ts';
import type { UpdateWrite } from '../table/write.ts';

/** What is stored of a token: never the token. Times are ISO 8601 in UTC with milliseconds, so that they sort as text. */
export interface StoredToken {
  name: string;
  scopes: readonly string[];
  createdAt: string;
  expiresAt: string;
  hash: string;
}

/** All tokens of a session, by their ids. */
export interface TokensItem {
  tokens: Record<string, StoredToken>;
  /** Grows with every change, so that no change is written over another one. */
  version: number;
  /** When the last of them expires (s). Checked by condition; DynamoDB's own deletion only tidies up. */
  ttl: number;
}

const DOES_NOT_EXIST = 'attribute_not_exists(pk)';
const HAS_VERSION = 'version = :seen';
const EXPIRES_LATER = 'tokens.#id.expiresAt > :now';

/** In place of what was seen. Of two concurrent writes the later one finds another version, and reads again. */
export const putTokens = (
  sessionId: string,
  seenVersion: number | undefined,
  { tokens, version, ttl }: TokensItem,
): UpdateWrite => ({
  Key: agentTokensKey(sessionId),
  UpdateExpression: 'SET tokens = :tokens, version = :version, #ttl = :ttl',
  ConditionExpression: seenVersion === undefined ? DOES_NOT_EXIST : HAS_VERSION,
  ExpressionAttributeNames: { '#ttl': 'ttl' },
  ExpressionAttributeValues: {
    ':tokens': tokens,
    ':version': version,
    ':ttl': ttl,
    ...(seenVersion !== undefined && { ':seen': seenVersion }),
  },
});

/** Makes a version too: a create at the same time does not bring the token back. */
export const removeToken = (sessionId: string, tokenId: string, now: Date): UpdateWrite => ({
  Key: agentTokensKey(sessionId),
  UpdateExpression: 'REMOVE tokens.#id ADD version :one',
  ConditionExpression: EXPIRES_LATER,
  ExpressionAttributeNames: { '#id': tokenId },
  ExpressionAttributeValues: { ':now': now.toISOString(), ':one': 1 },
});
