import { IdempotencyConflictError } from '../errors.ts';
import type { IdempotencyItem, SessionItem } from '../table/session-item.ts';

/** What a create writes, before the store adds the parts that are its own. */
export interface SessionDraft extends Pick<SessionItem, 'id' | 'userId' | 'orgId' | 'metadata' | 'inactivitySeconds'> {
  /** Below the workspace root. Written for others who read the table, and read for no path: that is made of the ids. */
  workspace: string;
}

export interface IdempotencyRequest {
  key: string;
  /** Of everything in the request that must be the same the second time. */
  requestHash: string;
}

/** A key as it is stored, as long as it lives. */
export function livingKey(item: IdempotencyItem | undefined, nowSeconds: number): IdempotencyItem | undefined {
  return item && item.ttl > nowSeconds ? item : undefined;
}

/** The session that an earlier request with the same key created. Throws if that was another request. */
export function sessionOfEarlier({ sessionId, requestHash }: IdempotencyItem, request: IdempotencyRequest | undefined) {
  if (requestHash !== request?.requestHash) throw new IdempotencyConflictError();
  return sessionId;
}

export interface CreateRequest {
  draft: SessionDraft;
  systemPrompt: string;
  idempotency: IdempotencyRequest | undefined;
  now: Date;
}
