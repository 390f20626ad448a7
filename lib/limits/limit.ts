import type { Identity } from '../identity.ts';

/** Where a limit holds. A user's limit holds per organisation. */
export type LimitScope = 'global' | 'org' | 'user';

/** The narrowest first: the scope a refused caller can do most about is the one it is told. */
export const LIMIT_SCOPES: readonly LimitScope[] = ['user', 'org', 'global'];

/** Whose limit: everybody's, an organisation's (`userId` is not looked at), or a user's in an organisation. */
export interface LimitOwner extends Identity {
  scope: LimitScope;
}

export const EVERYBODY: LimitOwner = { scope: 'global', userId: '', orgId: '' };

/** The three whose limits a session of `identity` stands under, the narrowest first. */
export const limitOwnersOf = ({ userId, orgId }: Identity): LimitOwner[] =>
  LIMIT_SCOPES.map((scope) => ({ scope, userId, orgId }));

/** How many sessions may be active at once in each scope that has no limit of its own; 0 = no limit. */
export type Limits = Readonly<Record<LimitScope, number>>;

/** As many seats as a scope has that was given `null` for its limit. */
export const UNLIMITED = 2 ** 50;
export const MAX_LIMIT = 1_000_000_000;
/** A snapshot of three scopes, a session and an idempotency record has at most 100 items. */
export const MAX_SEAT_ITEMS = 32;

/** A session ends in one transaction of at most 100 items, and its MCP clients are part of it. */
export const MAX_MCP_CLIENTS = 90;

/** Seats in use and their limit in one scope; `limit: null` = unlimited. */
export interface Usage {
  active: number;
  limit: number | null;
}

export function usageUnder(limit: number, active: number): Usage {
  return { active, limit: limit === 0 ? null : limit };
}

/** Seats in use and their limits; each only where it is known who is meant, or may be told. */
export interface UsageReport {
  user?: Usage;
  org?: Usage;
  all?: Usage;
}
