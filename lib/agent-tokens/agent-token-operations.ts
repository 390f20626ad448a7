import * as z from 'zod/mini';
import { operationOf } from '../operations/operation.ts';
import { agentTokenAudit } from './agent-token-audit.ts';
import { tokenOptionsShape, type SessionTokens } from './session-tokens.ts';

const sessionShape = () => ({ sessionId: z.string() });

/** An alias, not an interface: declarations of `operations` then need no name of it. */
type ManagerOfTokens = { session(sessionId: string): { readonly tokens: SessionTokens } };

const operation = operationOf<ManagerOfTokens>();

export const agentTokenOperations = {
  /**
   * Create a token for the session’s agent. For the owner of the session alone. The answer is the only one that has the token:
   * its hash is stored. It ends with the session, and is good for `/agent` routes and nothing else.
   */
  createToken: operation({
    function: 'records',
    access: 'caller',
    audit: agentTokenAudit.createToken,
    input: () => z.strictObject({ ...sessionShape(), ...tokenOptionsShape() }),
    run: async ({ sessionId, ...options }, { manager }) => {
      return { output: await manager.session(sessionId).tokens.create(options) };
    },
  }),

  /** A session’s tokens, the oldest first. Without what has expired, and without the tokens themselves. */
  listTokens: operation({
    function: 'records',
    access: 'caller',
    audit: agentTokenAudit.listTokens,
    input: () => z.strictObject(sessionShape()),
    run: async ({ sessionId }, { manager }) => {
      return { output: { tokens: await manager.session(sessionId).tokens.list() } };
    },
  }),

  /** Revoke a token. The next request with it is refused. */
  deleteToken: operation({
    function: 'records',
    access: 'caller',
    audit: agentTokenAudit.deleteToken,
    input: () => z.strictObject({ ...sessionShape(), tokenId: z.string() }),
    run: async ({ sessionId, tokenId }, { manager }) => {
      await manager.session(sessionId).tokens.delete(tokenId);
      return { output: null };
    },
  }),
};
