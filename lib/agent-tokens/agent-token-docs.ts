import * as z from 'zod/mini';
import { AGENT_SCOPES } from '../identity.ts';
import { EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { agentTokenOperations } from './agent-token-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'tokens';

const tokenShape = () => ({ id: z.string(), name: z.string(), scopes: z.array(z.enum(AGENT_SCOPES)) });
const createdTokenAnswer = named(
  'CreatedToken',
  z.strictObject({ ...tokenShape(), token: z.string(), expiresAt: time }),
);
const tokenAnswer = named('Token', z.strictObject({ ...tokenShape(), createdAt: time, expiresAt: time }));

export const agentTokenDocs = {
  createToken: {
    tag,
    summary: 'Create a token for the session’s agent',
    description:
      'For the owner of the session alone. No other answer has the token: its hash is stored. It ends with the session, and ' +
      'opens the routes under `/agent` and nothing else.',
    output: createdTokenAnswer,
    errors: ['FORBIDDEN', 'TOKEN_LIMIT'],
    examples: {
      plain: { summary: 'For a day, with all scopes', input: { sessionId } },
      reader: {
        summary: 'For an hour, to read files and the system prompt',
        input: { sessionId, name: 'reviewer', scopes: ['files:read', 'prompt:read'], expiresInSeconds: 3600 },
      },
    },
  },
  listTokens: {
    tag,
    summary: 'A session’s tokens, the oldest first',
    description: 'Without what has expired, and without the tokens themselves.',
    output: z.strictObject({ tokens: z.array(tokenAnswer) }),
    errors: [],
    examples: { plain: { summary: 'All of them', input: { sessionId } } },
  },
  deleteToken: {
    tag,
    summary: 'Revoke a token',
    description: 'The next request with it is refused.',
    output: nothing,
    errors: ['TOKEN_NOT_FOUND'],
    examples: { plain: { summary: 'By its id', input: { sessionId, tokenId: '5f0c2a9e41b7d863' } } },
  },
} as const satisfies DocsOf<typeof agentTokenOperations>;
