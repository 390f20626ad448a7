import * as z from 'zod/mini';
import { AUDITED_OPERATIONS, CONSEQUENCES, type AuditedOperation, type AuditEventName } from './audit-catalogue.ts';
import { AUDIT_FIELDS, EVENT_FIELDS, anyActor, type AuditField } from './audit-fields.ts';
import { FAILURE_CODES, REFUSAL_CODES, REFUSAL_KINDS } from './audit-outcome.ts';

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

function schemasOf(operation: AuditedOperation) {
  const row: Fields & { attempt: string; done?: string; joined?: string } = AUDITED_OPERATIONS[operation];
  const { attempt, done, joined } = row;
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
    .filter((event) => event !== undefined && !(event in CONSEQUENCES))
    .map((event) => [event as string, success(event as string, [operation], row)] as const);
  return [...well, [`${attempt}-refused`, refusal] as const, [`${attempt}-failed`, failure] as const];
}

/** The strict schema of every audit event, by its name. */
export const auditEventSchemas = Object.fromEntries([
  ...(Object.keys(AUDITED_OPERATIONS) as AuditedOperation[]).flatMap(schemasOf),
  ...Object.entries(CONSEQUENCES).map(([event, row]) => [event, success(event, row.during, row)] as const),
]) as Record<AuditEventName, z.ZodMiniObject>;

/** The JSON Schema (2020-12) of an audit event: one of all that the catalogue has. */
export function auditEventJsonSchema(): object {
  const [first, ...others] = Object.values(auditEventSchemas);
  return z.toJSONSchema(z.discriminatedUnion('event', [first as z.ZodMiniObject, ...others]));
}
