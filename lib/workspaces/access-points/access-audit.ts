import { auditRows, effectRows, SESSION_FIELDS } from '../../telemetry/audit/audit-row.ts';

export const accessAudit = auditRows({
  grantWorkspaceAccess: {
    attempt: 'workspace-access.grant',
    done: 'workspace-access.granted',
    has: [...SESSION_FIELDS, 'accessPointId'],
  },
  revokeWorkspaceAccess: {
    attempt: 'workspace-access.revoke',
    done: 'workspace-access.revoked',
    has: SESSION_FIELDS,
  },
  /** The daily check of access points. */
  checkWorkspaceAccess: {
    attempt: 'workspace-access.check',
    done: 'workspace-access.checked',
    has: ['cleaned', 'notCleaned'],
  },
});

export const accessEffects = effectRows({
  /** That of a session that ended, or one that no session knows. */
  'access-point.removed': { during: ['sessionEvents', 'checkWorkspaceAccess'], has: ['sessionId', 'accessPointId'] },
});
