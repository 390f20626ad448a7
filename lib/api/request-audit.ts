import { auditRows } from '../telemetry/audit/audit-row.ts';

export const requestAudit = auditRows({
  /** A request that names no operation of its function, or is none at all. */
  readRequest: { attempt: 'request.read', has: [] },
});
