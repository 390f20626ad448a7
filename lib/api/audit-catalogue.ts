import { agentTokenAudit } from '../agent-tokens/agent-token-audit.ts';
import { mcpClientAudit, mcpClientEffects } from '../mcp-clients/mcp-client-audit.ts';
import { limitAudit } from '../limits/limit-audit.ts';
import { promptAudit } from '../prompts/prompt-audit.ts';
import { reconcileAudit, reconcileEffects } from '../reconcile/reconcile-audit.ts';
import { sessionAudit, sessionEffects } from '../sessions/session-audit.ts';
import { auditEventSchemasOf, jsonSchemaOf } from '../telemetry/audit/audit-event-schemas.ts';
import type * as telemetry from '../telemetry/audit/audit-event.ts';
import { accessAudit, accessEffects } from '../workspaces/access-points/access-audit.ts';
import { fileAudit } from '../workspaces/file-audit.ts';
import { requestAudit } from './request-audit.ts';

/**
 * Everything that callers, the schedule and the handlers themselves do. Operations that need no caller (`getHealth`) have
 * no row: they concern no caller.
 */
export const AUDITED_OPERATIONS = {
  ...sessionAudit,
  ...agentTokenAudit,
  ...reconcileAudit,
  ...limitAudit,
  ...promptAudit,
  ...mcpClientAudit,
  ...fileAudit,
  ...accessAudit,
  ...requestAudit,
} as const;

/** What follows from an operation or a change of the table, each with an event of its own. */
export const EFFECTS = { ...sessionEffects, ...accessEffects, ...reconcileEffects, ...mcpClientEffects } as const;

type Rows = typeof AUDITED_OPERATIONS;
export type AuditedOperation = keyof Rows;
export type Effect = keyof typeof EFFECTS;
type DoneOf<Row> = Row extends { done: infer Done extends string } ? Done : never;
type JoinedOf<Row> = Row extends { joined: infer Joined extends string } ? Joined : never;

/** `<subject>.<what was done>`, `<subject>.<what was attempted>-refused` or `-failed`. */
export type AuditEventName =
  | DoneOf<Rows[AuditedOperation]>
  | JoinedOf<Rows[AuditedOperation]>
  | `${Rows[AuditedOperation]['attempt']}-${'refused' | 'failed'}`
  | Effect;

/** What an audit logger is given: the event, and the operation during which it happened, by their names. */
export interface AuditEvent extends telemetry.AuditEvent {
  event: AuditEventName;
  /** `sessionEvents`: the function that reads the table's stream. */
  operation: AuditedOperation | 'sessionEvents';
}

/** Where audit events go. One that throws, or takes its time, never fails the operation. */
export interface AuditLogger {
  log(event: AuditEvent): void | Promise<void>;
}

/** The strict schema of every audit event, by its name. */
export const auditEventSchemas = auditEventSchemasOf<AuditEventName>(
  Object.values(AUDITED_OPERATIONS),
  Object.values(EFFECTS),
);

/** The JSON Schema (2020-12) of an audit event: one of all that the catalogue has. */
export const auditEventJsonSchema = (): object => jsonSchemaOf(auditEventSchemas);
