import type { InvokedOnly, Route } from '../operations/route.ts';
import type { sessionOperations } from './session-operations.ts';

const SESSION = '/sessions/{sessionId}';

export const sessionRoutes = {
  createSession: {
    method: 'POST',
    path: '/sessions',
    body: ['metadata', 'promptVariables', 'promptRequired', 'inactivitySeconds'],
    headers: { idempotencyKey: 'idempotency-key' },
    status: 201,
    statusIfExisted: 200,
    location: '/sessions/{id}',
    repetition: 'with an idempotency key',
  },
  listSessions: {
    method: 'GET',
    path: '/sessions',
    query: { userId: 'string', orgId: 'string', scope: 'string', limit: 'number', cursor: 'string' },
    status: 200,
    repetition: 'always',
  },
  getSession: { method: 'GET', path: SESSION, agent: 'any', status: 200, repetition: 'always' },
  updateSession: {
    method: 'PATCH',
    path: SESSION,
    body: ['metadata', 'version'],
    contentTypes: { merge: 'application/merge-patch+json' },
    status: 200,
    repetition: 'without a condition',
  },
  cleanupSession: { method: 'DELETE', path: SESSION, status: 204, repetition: 'always' },
  heartbeat: {
    method: 'POST',
    path: `${SESSION}/heartbeat`,
    agent: 'heartbeat',
    body: [],
    status: 204,
    repetition: 'always',
  },
  getUsage: {
    method: 'GET',
    path: '/usage',
    query: { userId: 'string', orgId: 'string' },
    status: 200,
    repetition: 'always',
  },
  countUserSessions: { invokedOnly: true, repetition: 'always' },
  countAllSessions: { invokedOnly: true, repetition: 'always' },
  cleanupInactiveSessions: {
    method: 'POST',
    path: '/cleanup',
    body: ['inactiveForSeconds'],
    status: 200,
    // A second run ends the sessions that expired since the first one, and does not list those that the first one ended.
    repetition: 'never',
  },
} as const satisfies Record<keyof typeof sessionOperations, Route | InvokedOnly>;
