import type { AuditField } from './audit-fields.ts';

/** The events of an operation: `<attempt>-refused`, `<attempt>-failed`, and `done` where it can go well. */
interface AuditRowFields {
  readonly attempt: string;
  readonly done?: string;
  /** Instead of `done` where another caller was faster, who has that event. */
  readonly joined?: string;
  /** What the event of one that went well always has. The others have as much of it as was known. */
  readonly has: readonly AuditField[];
  readonly may?: readonly AuditField[];
  /** What only refusals have. */
  readonly refused?: readonly AuditField[];
}

/** The row of an operation in the audit log. */
export interface AuditRow extends AuditRowFields {
  readonly operation: string;
}

interface EffectRowFields {
  /** The operations during which it can happen. */
  readonly during: readonly string[];
  readonly has: readonly AuditField[];
  readonly may?: readonly AuditField[];
}

/** The row of an effect: it follows from an operation, or from a change of the table, and has an event of its own. */
export interface EffectRow extends EffectRowFields {
  readonly event: string;
}

export const SESSION_FIELDS = ['sessionId', 'userId', 'orgId'] as const;

/** The rows of a module's operations, by their names. */
export function auditRows<const Rows extends Readonly<Record<string, AuditRowFields>>>(rows: Rows) {
  const named = Object.entries(rows).map(([operation, row]) => [operation, { ...row, operation }] as const);
  return Object.fromEntries(named) as { readonly [Name in keyof Rows]: Rows[Name] & { readonly operation: Name } };
}

/** The rows of a module's effects, by the names of their events. */
export function effectRows<const Rows extends Readonly<Record<string, EffectRowFields>>>(rows: Rows) {
  const named = Object.entries(rows).map(([event, row]) => [event, { ...row, event }] as const);
  return Object.fromEntries(named) as { readonly [Event in keyof Rows]: Rows[Event] & { readonly event: Event } };
}

/** The name of an operation's event. */
export function auditEventName(row: AuditRow, result: 'success' | 'refused' | 'failed', isJoined = false): string {
  if (result !== 'success') return `${row.attempt}-${result}`;
  const done = isJoined ? row.joined : row.done;
  if (done === undefined) throw new Error(`${row.operation} cannot go well`);
  return done;
}
