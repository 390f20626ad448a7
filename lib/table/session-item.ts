import type { EndReason } from '../telemetry/events/session-event.ts';

/** A change of a session, other than its beginning and its end, that causes an event. */
export type StoredEvent =
  { type: 'session.prompt-updated' } | { type: 'mcp-client.added' | 'mcp-client.removed'; mcpClientId: string };

/** Whether it is stored and has not begun to end. */
export const isActive = <T extends { status: string }>(item: T | undefined): item is T & { status: 'active' } =>
  item?.status === 'active';

/** Times are ISO 8601 in UTC with milliseconds, so that they sort as text. */
export interface SessionItem {
  id: string;
  userId: string;
  orgId: string;
  status: 'active' | 'ending';
  endReason?: EndReason;
  /** A repeated create was answered with it: the first one is not rolled back any more. */
  repeated?: true;
  /** Absent when empty: DynamoDB has no empty sets. */
  mcpClientIds?: Set<string>;
  /** Of the access point that other compute mounts the workspace by. */
  workspaceAccess?: WorkspaceAccessState;
  metadata: Record<string, string>;
  /** New with each write of the metadata that has a condition: one whose reply was lost knows itself by it. */
  metadataWriteId?: string;
  createdAt: string;
  lastActiveAt: string;
  inactivitySeconds: number;
  /** Grows by one with every change but a touch. */
  version: number;
  /** The last change that caused an event, and the version that it made. A touch removes both. */
  news?: StoredEvent;
  newsVersion?: number;
  dueShard: string;
  due: string;
}

export interface IdempotencyItem {
  sessionId: string;
  requestHash: string;
  /** Seconds since the epoch. Checked by condition; DynamoDB's own deletion only tidies up. */
  ttl: number;
}

/** By what an access point is made, and once that is known to be done, its id. */
export interface WorkspaceAccessState {
  clientToken: string;
  accessPointId?: string;
}
