import { auditRows, effectRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

export const reconcileAudit = auditRows({
  reconcile: { attempt: 'reconcile.run', done: 'reconcile.run', has: ['drift', 'repaired'] },
});

export const reconcileEffects = effectRows({
  /** Something stored that is inconsistent with the rest; of a counter what it says and what it should. */
  'drift.found': {
    during: ['reconcile'],
    has: ['driftKind', 'repaired'],
    may: [...SESSION_FIELDS, 'limitScope', 'active', 'sessions'],
  },
});
