import type { DynamoTable } from '../table/dynamo-table.ts';
import { agentTokensKey, sessionKey } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';
import { storedSession } from '../table/stored-session.ts';
import { putTokens, removeToken, type StoredToken, type TokensItem } from './agent-token-writes.ts';
import { TokenLimitError, TokenNotFoundError } from './token-errors.ts';

const MAX_TOKENS = 20;

type Tokens = Readonly<Record<string, StoredToken>>;

/**
 * The tokens of sessions, those of one session in one item. An end does not delete it, since it has no room for more in its
 * transaction: the session decides, which is read first, and DynamoDB expires the item.
 */
export class AgentTokenStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Those that have not expired. */
  async list(sessionId: string, now: Date): Promise<Tokens> {
    return livingTokens(await this.item(sessionId), now);
  }

  /** A token of a session that is active. */
  async find(sessionId: string, tokenId: string, now: Date): Promise<StoredToken | undefined> {
    const session = storedSession(await this.table.get<SessionItem>(sessionKey(sessionId)));
    if (!isActive(session)) return undefined;
    const tokens = await this.list(sessionId, now);
    return Object.hasOwn(tokens, tokenId) ? tokens[tokenId] : undefined;
  }

  /**
   * Adds a token and removes those that have expired. Not in one transaction with the session: where that ends at the same
   * time, the token is refused from its first use on, as if the session had ended a moment later.
   */
  async add(sessionId: string, tokenId: string, token: StoredToken, now: Date): Promise<void> {
    await withRetries(async () => {
      const seen = await this.item(sessionId);
      // Of an attempt of this call whose reply was lost.
      if (hasToken(seen, tokenId)) return;
      const living = livingTokens(seen, now);
      if (Object.keys(living).length >= MAX_TOKENS) throw new TokenLimitError(MAX_TOKENS);
      const tokens = { ...living, [tokenId]: token };
      const item = { tokens, version: (seen?.version ?? 0) + 1, ttl: lastExpiry(tokens) };
      const outcome = await this.table.update<TokensItem>(putTokens(sessionId, seen?.version, item));
      if (!outcome.updated && !hasToken(outcome.found, tokenId)) throw new Contended('the tokens changed meanwhile');
    });
  }

  /** Two concurrent calls both succeed: from then on there is no such token. */
  async remove(sessionId: string, tokenId: string, now: Date): Promise<void> {
    if (!Object.hasOwn(await this.list(sessionId, now), tokenId)) throw new TokenNotFoundError();
    await this.table.update(removeToken(sessionId, tokenId, now));
  }

  private async item(sessionId: string): Promise<TokensItem | undefined> {
    return this.table.get<TokensItem>(agentTokensKey(sessionId));
  }
}

const hasToken = (item: TokensItem | undefined, tokenId: string) => Object.hasOwn(item?.tokens ?? {}, tokenId);

function livingTokens(item: TokensItem | undefined, now: Date): Tokens {
  const at = now.toISOString();
  return Object.fromEntries(Object.entries(item?.tokens ?? {}).filter(([, { expiresAt }]) => expiresAt > at));
}

/** In whole seconds, not before it. */
const lastExpiry = (tokens: Tokens): number =>
  Math.ceil(Math.max(...Object.values(tokens).map(({ expiresAt }) => Date.parse(expiresAt))) / 1000);
