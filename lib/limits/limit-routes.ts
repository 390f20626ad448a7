import type { Route } from '../operations/route.ts';
import type { limitOperations } from './limit-operations.ts';

const LIMIT = '/limits/{scope}';
const SCOPE_OWNER = { userId: 'string', orgId: 'string' } as const;

export const limitRoutes = {
  getLimit: { method: 'GET', path: LIMIT, query: SCOPE_OWNER, status: 200, repetition: 'always' },
  putLimit: {
    method: 'PUT',
    path: LIMIT,
    query: SCOPE_OWNER,
    body: ['limit', 'items'],
    status: 200,
    repetition: 'always',
  },
  deleteLimit: { method: 'DELETE', path: LIMIT, query: SCOPE_OWNER, status: 204, repetition: 'always' },
} as const satisfies Record<keyof typeof limitOperations, Route>;
