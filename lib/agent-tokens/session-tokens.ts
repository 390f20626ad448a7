import { inspect } from 'node:util';
import * as z from 'zod/mini';
import { AGENT_SCOPES, type AgentScope } from '../identity.ts';
import { lazily, wellFormed } from '../schemas.ts';
import type { SessionItem } from '../table/session-item.ts';
import { auditToken } from '../telemetry/audit/audit-details.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { isTokenId, newToken } from './agent-token.ts';
import { agentTokenAudit } from './agent-token-audit.ts';
import type { AgentTokenStore } from './agent-token-store.ts';
import { TokenNotFoundError } from './token-errors.ts';

const MAX_NAME = 64;
const DEFAULT_SECONDS = 86_400;
const MIN_SECONDS = 60;
const MAX_SECONDS = 2_592_000;

/** What a token is created with; times in seconds. */
export const tokenOptionsShape = () => ({
  name: z.optional(wellFormed().check(z.minLength(1), z.maxLength(MAX_NAME))),
  scopes: z.optional(z.array(z.enum(AGENT_SCOPES)).check(z.minLength(1), z.maxLength(AGENT_SCOPES.length))),
  expiresInSeconds: z.optional(z.int().check(z.minimum(MIN_SECONDS), z.maximum(MAX_SECONDS))),
});
const tokenOptionsSchema = lazily(() => z.strictObject(tokenOptionsShape()));
export type CreateTokenOptions = z.input<ReturnType<typeof tokenOptionsSchema>>;

/** A token as callers see it. Times are ISO 8601 in UTC. */
export interface TokenInfo {
  id: string;
  name: string;
  scopes: AgentScope[];
  createdAt: string;
  expiresAt: string;
}

/** What a create answers. Only here is the token itself: what is stored is a hash of it. */
export interface CreatedToken extends Omit<TokenInfo, 'createdAt'> {
  token: string;
}

/** What this needs of a session: each call reads it, checks the caller, and is recorded in the audit log. */
interface SessionOfTokens {
  open(): Promise<SessionItem>;
  /** For its owner, or the application: `ForbiddenError` for all others who may see it. */
  openForOwner(): Promise<SessionItem>;
  recorded<T>(row: AuditRow, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

export interface SessionTokensUses {
  readonly store: AgentTokenStore;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/** The tokens of one session, by which its agent calls the API. */
export class SessionTokens {
  readonly #session: SessionOfTokens;
  readonly #uses: SessionTokensUses;

  constructor(session: SessionOfTokens, uses: SessionTokensUses) {
    this.#session = session;
    this.#uses = uses;
  }

  /**
   * For the owner of the session alone. All scopes and one day are the defaults. Throws
   * `TokenLimitError` where the session has 20 that have not expired.
   */
  async create(options: CreateTokenOptions = {}): Promise<CreatedToken> {
    return this.#session.recorded(agentTokenAudit.createToken, {}, async () => {
      const session = await this.#session.openForOwner();
      const {
        name,
        scopes = AGENT_SCOPES,
        expiresInSeconds = DEFAULT_SECONDS,
      } = readInput(tokenOptionsSchema(), options);
      const now = this.#uses.now();
      const { token, tokenId, hash } = newToken(session.id);
      const told = {
        name: name ?? tokenId,
        scopes: inOrder(scopes),
        expiresAt: new Date(now.getTime() + expiresInSeconds * 1000).toISOString(),
      };
      await this.#uses.store.add(session.id, tokenId, { ...told, createdAt: now.toISOString(), hash }, now);
      this.#uses.audit.note({ tokenId });
      return unseen({ id: tokenId, name: told.name, token, scopes: told.scopes, expiresAt: told.expiresAt });
    });
  }

  /** Those that have not expired, the oldest first. */
  async list(): Promise<TokenInfo[]> {
    return this.#session.recorded(agentTokenAudit.listTokens, {}, async () => {
      const { id: sessionId } = await this.#session.open();
      const tokens = Object.entries(await this.#uses.store.list(sessionId, this.#uses.now()));
      return tokens
        .map(([id, { name, scopes, createdAt, expiresAt }]) => ({
          id,
          name,
          scopes: inOrder(scopes),
          createdAt,
          expiresAt,
        }))
        .sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
    });
  }

  /** Revokes a token: the next request with it is refused. */
  async delete(tokenId: string): Promise<void> {
    await this.#session.recorded(agentTokenAudit.deleteToken, auditToken(tokenId), async () => {
      const { id: sessionId } = await this.#session.open();
      if (!isTokenId(tokenId)) throw new TokenNotFoundError();
      await this.#uses.store.remove(sessionId, tokenId, this.#uses.now());
    });
  }
}

/** Each scope once, and always in the same order. One that a later version has stored is left out. */
const inOrder = (scopes: readonly string[]): AgentScope[] => AGENT_SCOPES.filter((scope) => scopes.includes(scope));

const sortKey = ({ createdAt, id }: TokenInfo): string => `${createdAt} ${id}`;

/** Printing the object, as loggers and debuggers do, does not print the token. */
function unseen(created: CreatedToken): CreatedToken {
  const value = () => `CreatedToken ${inspect({ ...created, token: 'asm_…' }, { breakLength: Infinity })}`;
  return Object.defineProperty(created, inspect.custom, { value });
}
