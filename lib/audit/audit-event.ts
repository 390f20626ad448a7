import type { Caller } from '../identity.ts';
import type { EndReason } from '../store/table-schema.ts';

/** Who asked; `unknown` if that was what the request was refused for. */
export type AuditActor = Caller | { kind: 'unknown' };

/**
 * One operation and how it went: `refused` is the caller's affair (limit, ownership, validation), `failed` is ours or
 * that of an MCP server. Ids only: never a prompt, header, token or content.
 */
export interface AuditEvent extends AuditDetails {
  operation: string;
  result: 'success' | 'refused' | 'failed';
  /** The error's code, unless it went well. */
  code?: string;
  actor: AuditActor;
  /** Where the request came in, if it came in by a door. */
  requestId?: string;
  sourceIp?: string;
  durationMs: number;
}

/** What an operation notes of itself while it runs. */
export interface AuditDetails {
  sessionId?: string;
  userId?: string;
  orgId?: string;
  mcpClientId?: string;
  tool?: string;
  accessPointId?: string;
  promptScope?: 'global' | 'org' | 'user';
  promptId?: string;
  limitScope?: 'global' | 'org' | 'user';
  /** What was put; `null`: none. */
  limit?: number | null;
  /** Why a session ended. */
  reason?: EndReason | 'resumed';
  /** The session was there already: the answer to a repeated idempotency key. */
  replayed?: boolean;
  cleaned?: number;
  notCleaned?: number;
  warning?: string;
}

/** Where audit events go. One that throws never fails the operation. */
export interface AuditLogger {
  log(event: AuditEvent): void | Promise<void>;
}
