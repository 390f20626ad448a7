import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { OperationName } from '../../../lib/api/operations.ts';
import { auditEventSchemas, type AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import type { Actor } from '../../contracts/door.ts';
import { CANARY, type Walk } from './walk.ts';

/** Events that have a schema, which they fit, and nothing of what callers sent. */
export function expectValid(events: AuditEvent[]): void {
  for (const event of events) {
    // As a line in the log, that is without what is undefined.
    const line = JSON.parse(JSON.stringify(event)) as AuditEvent;
    const problems = auditEventSchemas[event.event]?.safeParse(line).error?.issues ?? [];
    expect({ line, problems: event.event in auditEventSchemas ? problems : 'not in the catalogue' }).toEqual({
      line,
      problems: [],
    });
  }
  expect(JSON.stringify(events)).not.toContain(CANARY);
}

export const newUser = (name: string): Actor => ({
  userId: `${name}-${randomUUID().slice(0, 8)}`,
  orgId: `org-${randomUUID().slice(0, 8)}`,
});
const NO_USER = { userId: '', orgId: 'acme' };

/** What a walk brings about at a door: it goes well where that is possible, and each operation is refused. */
export async function walk(route: Walk, unavailable: readonly OperationName[]): Promise<void> {
  const operator: Actor = { ...newUser('ops'), role: 'operator' };
  const replies = await route.everything(operator);
  const refused = [...replies].filter(([, reply]) => !reply.ok).map(([operation]) => operation);
  expect(refused).toEqual(unavailable);
  await route.everything(NO_USER);
  const owner = newUser('owner');
  await route.refusals(owner);
  await route.everything(newUser('stranger'), randomUUID());
}

/** The events that a server has written into its log. */
export function eventsInLog(output: string): AuditEvent[] {
  const lines = output.split('\n').filter((line) => line.includes('session_audit_event'));
  return lines.map((line) => {
    const { message, level, service, timestamp, ...event } = JSON.parse(line) as AuditEvent & Record<string, string>;
    expect([message, level, service, typeof timestamp]).toEqual([
      'session_audit_event',
      'INFO',
      'session-manager',
      'string',
    ]);
    delete event.sampling_rate;
    return event;
  });
}
