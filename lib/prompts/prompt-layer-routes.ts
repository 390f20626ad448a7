import type { Route } from '../operations/route.ts';
import type { promptLayerOperations } from './prompt-layer-operations.ts';

const LAYER = '/prompts/{scope}/{promptId}';
const SCOPE_OWNER = { userId: 'string', orgId: 'string' } as const;

export const promptLayerRoutes = {
  putPrompt: {
    method: 'PUT',
    path: LAYER,
    query: SCOPE_OWNER,
    body: ['name', 'content', 'template', 'variables', 'priority', 'isActive', 'version'],
    status: 201,
    statusIfExisted: 200,
    tellsExisted: true,
    // Names the version that it replaces, or none: then there must be none.
    repetition: 'never',
  },
  getPrompt: { method: 'GET', path: LAYER, query: SCOPE_OWNER, status: 200, repetition: 'always' },
  deletePrompt: {
    method: 'DELETE',
    path: LAYER,
    query: { ...SCOPE_OWNER, version: 'number' },
    status: 204,
    repetition: 'without a condition',
  },
  listPrompts: { method: 'GET', path: '/prompts/{scope}', query: SCOPE_OWNER, status: 200, repetition: 'always' },
  previewPrompt: {
    method: 'POST',
    path: '/prompts/preview',
    body: ['userId', 'orgId', 'promptVariables'],
    status: 200,
    repetition: 'always',
  },
} as const satisfies Record<keyof typeof promptLayerOperations, Route>;
