import type { Route } from '../../operations/route.ts';
import type { accessOperations } from './access-operations.ts';

const ACCESS = '/sessions/{sessionId}/workspace-access';

export const accessRoutes = {
  grantWorkspaceAccess: { method: 'POST', path: ACCESS, body: [], status: 201, repetition: 'always' },
  revokeWorkspaceAccess: { method: 'DELETE', path: ACCESS, status: 204, repetition: 'always' },
} as const satisfies Record<keyof typeof accessOperations, Route>;
