import * as z from 'zod/mini';
import { AUDIT_FIELDS, EVENT_FIELDS, anyActor, type AuditField } from './audit-fields.ts';
import { FAILURE_CODES, REFUSAL_CODES, REFUSAL_KINDS } from './audit-outcome.ts';
import type { AuditRow, EffectRow } from './audit-row.ts';

interface Fields {
  has: readonly AuditField[];
  may?: readonly AuditField[];
  refused?: readonly AuditField[];
}

const required = (fields: readonly AuditField[]) =>
  Object.fromEntries(fields.map((field) => [field, AUDIT_FIELDS[field]] as const));
const optional = (fields: readonly AuditField[]) =>
  Object.fromEntries(fields.map((field) => [field, z.optional(AUDIT_FIELDS[field])] as const));

const success = (event: string, operations: readonly string[], { has, may = [] }: Fields) =>
  z.strictObject({
    event: z.literal(event),
    operation: z.enum(operations),
    result: z.literal('success'),
    ...EVENT_FIELDS,
    ...required(has),
    ...optional(may),
  });

/** What was refused or failed says as much as was known by then. */
const unfinished = (event: string, operation: string, { has, may = [], refused = [] }: Fields) => ({
  event: z.literal(event),
  operation: z.literal(operation),
  ...EVENT_FIELDS,
  actor: anyActor,
  ...optional([...has, ...may, ...refused]),
});

function schemasOf(row: AuditRow, effects: ReadonlySet<string>) {
  const { operation, attempt, done, joined } = row;
  const refusal = z.strictObject({
    ...unfinished(`${attempt}-refused`, operation, row),
    result: z.literal('refused'),
    code: z.enum(REFUSAL_CODES),
    refusal: z.enum(REFUSAL_KINDS),
  });
  const failure = z.strictObject({
    ...unfinished(`${attempt}-failed`, operation, { ...row, refused: [] }),
    result: z.literal('failed'),
    code: z.enum(FAILURE_CODES),
  });
  const well = [done, joined]
    .filter((event) => event !== undefined && !effects.has(event))
    .map((event) => [event as string, success(event as string, [operation], row)] as const);
  return [...well, [`${attempt}-refused`, refusal] as const, [`${attempt}-failed`, failure] as const];
}

/** The strict schema of every event of these rows, by its name. An effect's own row wins over an operation's. */
export function auditEventSchemasOf<EventName extends string>(
  rows: readonly AuditRow[],
  effects: readonly EffectRow[],
): Record<EventName, z.ZodMiniObject> {
  const events = new Set(effects.map(({ event }) => event));
  return Object.fromEntries([
    ...rows.flatMap((row) => schemasOf(row, events)),
    ...effects.map((row) => [row.event, success(row.event, row.during, row)] as const),
  ]) as Record<EventName, z.ZodMiniObject>;
}

/** The JSON Schema (2020-12) of an audit event: one of those. */
export function jsonSchemaOf(schemas: Readonly<Record<string, z.ZodMiniObject>>): object {
  const [first, ...others] = Object.values(schemas);
  return z.toJSONSchema(z.discriminatedUnion('event', [first as z.ZodMiniObject, ...others]));
}
