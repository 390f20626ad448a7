import { auditRows, effectRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

export const sessionAudit = auditRows({
  createSession: {
    attempt: 'session.create',
    done: 'session.created',
    has: SESSION_FIELDS,
    may: ['replayed', 'warning'],
    refused: ['limitScope', 'limit', 'active'],
  },
  getSession: { attempt: 'session.read', done: 'session.read', has: SESSION_FIELDS },
  updateSession: { attempt: 'session.update', done: 'session.updated', has: SESSION_FIELDS },
  heartbeat: { attempt: 'session.keep-alive', done: 'session.kept-alive', has: SESSION_FIELDS },
  cleanupSession: {
    attempt: 'session.end',
    done: 'session.ended',
    joined: 'session.end-joined',
    has: [...SESSION_FIELDS, 'reason'],
    may: ['resumedReason'],
  },
  listSessions: { attempt: 'session.list', done: 'session.listed', has: [], may: ['userId', 'orgId'] },
  cleanupInactiveSessions: { attempt: 'cleanup.run', done: 'cleanup.run', has: ['cleaned', 'notCleaned'] },
  getUsage: { attempt: 'usage.read', done: 'usage.read', has: [], may: ['userId', 'orgId'] },
  countUserSessions: {
    attempt: 'usage.count-of-user',
    done: 'usage.counted-of-user',
    has: ['userId'],
    may: ['orgId'],
  },
  countAllSessions: { attempt: 'usage.count-of-all', done: 'usage.counted-of-all', has: [] },
});

export const sessionEffects = effectRows({
  /** By whichever operation: also that of `cleanupSession` itself. */
  'session.ended': {
    during: ['cleanupSession', 'cleanupInactiveSessions', 'createSession'],
    has: [...SESSION_FIELDS, 'reason'],
    may: ['resumedReason'],
  },
});
