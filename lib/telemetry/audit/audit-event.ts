import type { ErrorCode } from '../../errors.ts';
import type { AuditActor, AuditDetails } from './audit-fields.ts';
import type { RefusalKind } from './audit-outcome.ts';

export type { AuditActor, AuditDetails } from './audit-fields.ts';

/**
 * Something that happened and how it went: `refused` is the caller's affair (limit, ownership, validation), `failed` is
 * ours or that of an MCP server. Ids only: never a prompt, header, token, path or content. The modules' `*-audit.ts` have
 * the rows that the names and the schemas of all events are made from.
 */
export interface AuditEvent extends AuditDetails {
  event: string;
  /** The operation during which it happened; `sessionEvents` where a change of the table led to it. */
  operation: string;
  result: 'success' | 'refused' | 'failed';
  /** The error's code, unless it went well. */
  code?: ErrorCode;
  /** What a refusal is about. */
  refusal?: RefusalKind;
  actor: AuditActor;
  /** Where the request came from, if a handler received it. */
  requestId?: string;
  sourceIp?: string;
  durationMs: number;
}

/** Where audit events go. One that throws, or takes its time, never fails the operation. */
export interface AuditLogger {
  log(event: AuditEvent): void | Promise<void>;
}
