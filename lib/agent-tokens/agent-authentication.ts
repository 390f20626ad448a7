import { UnauthorizedError } from '../errors.ts';
import { AGENT_SCOPES, type Caller } from '../identity.ts';
import { isSameHash, readToken } from './agent-token.ts';
import type { AgentTokenStore } from './agent-token-store.ts';

/** The same for each fault, so that an attacker who tries tokens learns nothing. */
export const NO_VALID_TOKEN = 'The request has no valid session token.';

/** Finds the caller that a session token belongs to. */
export class AgentAuthentication {
  private readonly store: AgentTokenStore;
  private readonly now: () => Date;

  constructor(store: AgentTokenStore, now: () => Date) {
    this.store = store;
    this.now = now;
  }

  /** Throws one and the same `UnauthorizedError` for whatever is no valid token, and reads nothing for what is none at all. */
  async callerOf(text: string | undefined): Promise<Caller> {
    const claim = readToken(text ?? '');
    const token = claim && (await this.store.find(claim.sessionId, claim.tokenId, this.now()));
    if (!token || !isSameHash(token.hash, claim.hash)) throw new UnauthorizedError(NO_VALID_TOKEN);
    const { sessionId, tokenId } = claim;
    return { kind: 'agent', sessionId, scopes: AGENT_SCOPES.filter((scope) => token.scopes.includes(scope)), tokenId };
  }
}
