import type { Route } from '../../operations/route.ts';
import type { moveOperations } from './move-operations.ts';

const body = ['from', 'encodedFrom', 'to', 'encodedTo', 'overwrite'] as const;

export const moveRoutes = {
  moveFile: { method: 'POST', path: '/sessions/{sessionId}/file-moves', body, status: 204, repetition: 'never' },
  copyFile: { method: 'POST', path: '/sessions/{sessionId}/file-copies', body, status: 204, repetition: 'never' },
} as const satisfies Record<keyof typeof moveOperations, Route>;
