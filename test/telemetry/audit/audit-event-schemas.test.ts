import { describe, expect, test } from '@jest/globals';
import { auditEventJsonSchema, auditEventSchemas, type AuditEventName } from '../../../lib/api/audit-catalogue.ts';
import { CANARY } from './walk.ts';

const schemaNames = Object.keys(auditEventSchemas).sort() as AuditEventName[];

describe('the audit catalogue', () => {
  test('refuses fields and events that it does not have', () => {
    const event = { event: 'usage.counted-of-all', operation: 'countAllSessions', result: 'success', durationMs: 1 };
    const schema = auditEventSchemas['usage.counted-of-all'];
    expect(schema.safeParse({ ...event, actor: { kind: 'application' } }).success).toBe(true);
    expect(schema.safeParse({ ...event, actor: { kind: 'application' }, prompt: CANARY }).success).toBe(false);
    expect(schema.safeParse({ ...event, actor: { kind: 'application', token: CANARY } }).success).toBe(false);
    expect(schema.safeParse({ ...event, actor: { kind: 'unknown' } }).success).toBe(false);
  });

  test('is a JSON Schema with every event in it', () => {
    const { oneOf } = auditEventJsonSchema() as {
      oneOf: { properties: { event: { const: string } }; additionalProperties: boolean }[];
    };
    expect(oneOf.map(({ properties }) => properties.event.const).sort()).toEqual(schemaNames);
    expect(oneOf.every(({ additionalProperties }) => !additionalProperties)).toBe(true);
  });
});
