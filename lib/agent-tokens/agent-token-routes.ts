import type { Route } from '../operations/route.ts';
import type { agentTokenOperations } from './agent-token-operations.ts';

const TOKENS = '/sessions/{sessionId}/tokens';

export const agentTokenRoutes = {
  createToken: {
    method: 'POST',
    path: TOKENS,
    body: ['name', 'scopes', 'expiresInSeconds'],
    status: 201,
    // Each request makes a token of its own, and no caller would know the first.
    repetition: 'never',
  },
  listTokens: { method: 'GET', path: TOKENS, status: 200, repetition: 'always' },
  deleteToken: { method: 'DELETE', path: `${TOKENS}/{tokenId}`, status: 204, repetition: 'always' },
} as const satisfies Record<keyof typeof agentTokenOperations, Route>;
