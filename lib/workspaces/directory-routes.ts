import type { Route } from '../operations/route.ts';
import type { directoryOperations } from './directory-operations.ts';

const DIRECTORIES = '/sessions/{sessionId}/directories';

export const directoryRoutes = {
  listDirectory: {
    method: 'GET',
    path: DIRECTORIES,
    agent: 'files:read',
    query: {
      path: 'string',
      encodedPath: 'string',
      limit: 'number',
      cursor: 'string',
      recursive: 'boolean',
      depth: 'number',
    },
    status: 200,
    repetition: 'always',
  },
  makeDirectory: {
    method: 'PUT',
    path: DIRECTORIES,
    agent: 'files:write',
    query: { path: 'string', encodedPath: 'string' },
    status: 201,
    statusIfExisted: 204,
    tellsExisted: true,
    repetition: 'always',
  },
  removeDirectory: {
    method: 'DELETE',
    path: DIRECTORIES,
    agent: 'files:write',
    query: { path: 'string', encodedPath: 'string', recursive: 'boolean' },
    status: 204,
    repetition: 'always',
  },
  getWorkspaceUsage: {
    method: 'GET',
    path: '/sessions/{sessionId}/workspace-usage',
    status: 200,
    repetition: 'always',
  },
} as const satisfies Record<keyof typeof directoryOperations, Route>;
