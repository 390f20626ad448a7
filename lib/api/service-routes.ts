import type { Route } from '../operations/route.ts';
import type { serviceOperations } from './service-operations.ts';

export const serviceRoutes = {
  getHealth: { method: 'GET', path: '/health', status: 200, repetition: 'always' },
  getOpenApi: { method: 'GET', path: '/openapi.json', status: 200, repetition: 'always' },
} as const satisfies Record<keyof typeof serviceOperations, Route>;
