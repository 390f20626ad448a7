import type { Route } from '../operations/route.ts';
import type { serviceOperations } from './service-operations.ts';

export const serviceRoutes = {
  getHealth: { method: 'GET', path: '/health', from: 'open', status: 200, repetition: 'always' },
  getOpenApi: { method: 'GET', path: '/openapi.json', from: 'open', status: 200, repetition: 'always' },
} as const satisfies Record<keyof typeof serviceOperations, Route & { from: 'open' }>;
