import { auditRows } from '../telemetry/audit/audit-row.ts';

const LIMIT = { has: ['limitScope'], may: ['userId', 'orgId'] } as const;

export const limitAudit = auditRows({
  getLimit: { attempt: 'limit.read', done: 'limit.read', ...LIMIT },
  putLimit: { attempt: 'limit.put', done: 'limit.put', has: [...LIMIT.has, 'limit'], may: LIMIT.may },
  deleteLimit: { attempt: 'limit.delete', done: 'limit.deleted', ...LIMIT },
});
