import type { Route } from '../../operations/route.ts';
import type { moveOperations } from './move-operations.ts';

const move = {
  method: 'POST',
  agent: 'files:write',
  body: ['from', 'encodedFrom', 'to', 'encodedTo', 'overwrite'],
  status: 204,
  repetition: 'never',
} as const;

export const moveRoutes = {
  moveFile: { path: '/sessions/{sessionId}/file-moves', ...move },
  copyFile: { path: '/sessions/{sessionId}/file-copies', ...move },
} as const satisfies Record<keyof typeof moveOperations, Route>;
