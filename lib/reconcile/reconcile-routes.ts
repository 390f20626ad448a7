import type { Route } from '../operations/route.ts';
import type { reconcileOperations } from './reconcile-operations.ts';

export const reconcileRoutes = {
  reconcile: { method: 'POST', path: '/reconcile', body: ['repair'], status: 200, repetition: 'never' },
} as const satisfies Record<keyof typeof reconcileOperations, Route>;
