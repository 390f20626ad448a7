import type { SessionItem } from '../table/session-item.ts';

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

export interface CreateRequest {
  draft: SessionDraft;
  systemPrompt: string;
  idempotency: IdempotencyRequest | undefined;
  now: Date;
}
