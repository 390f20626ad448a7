import { AUDITED_OPERATIONS } from '../../../lib/api/audit-catalogue.ts';
import { expect } from '@jest/globals';
import type { ErrorCode } from '../../../lib/errors.ts';
import { type AuditedOperation } from '../../../lib/api/audit-catalogue.ts';
import { auditEventName } from '../../../lib/telemetry/audit/audit-row.ts';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { outcomeOf } from '../../../lib/telemetry/audit/audit-outcome.ts';
import type { TestStack } from '../../setup/test-stack.ts';

/** The events that `work` brings about. */
export async function auditedBy({ audited }: TestStack, work: () => Promise<unknown>): Promise<AuditEvent[]> {
  audited.length = 0;
  await work().catch(() => undefined);
  return [...audited];
}

/** The event that an operation must leave, as far as `more` says nothing else. */
export function event(
  operation: AuditedOperation,
  more: { result?: 'success' | 'refused' | 'failed'; code?: ErrorCode; [field: string]: unknown },
): object {
  const { result = 'success', code } = more;
  return {
    event: auditEventName(AUDITED_OPERATIONS[operation], result),
    operation,
    actor: { kind: 'application' },
    durationMs: expect.any(Number),
    ...(code === undefined ? { result } : outcomeOf(code)),
    ...more,
  };
}
