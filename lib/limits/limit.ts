import { NARROWEST_SCOPE_FIRST, type Identity, type ScopeOwner } from '../identity.ts';

export const EVERYBODY: ScopeOwner = { scope: 'global', userId: '', orgId: '' };

/** The three whose limits a session of `identity` stands under, the narrowest first. */
export const limitOwnersOf = ({ userId, orgId }: Identity): ScopeOwner[] =>
  NARROWEST_SCOPE_FIRST.map((scope) => ({ scope, userId, orgId }));

/** As many seats as a scope has that was given `null` for its limit. */
export const UNLIMITED = 2 ** 50;
export const MAX_LIMIT = 1_000_000_000;
/** A snapshot of three scopes, a session and an idempotency record has at most 100 items. */
export const MAX_SEAT_ITEMS = 32;

/** Seats in use and their limit in one scope; `limit: null` = unlimited. */
export interface Usage {
  active: number;
  limit: number | null;
}

/** Seats in use and their limits. Each is absent if no owner is named, or if the caller may not read it. */
export interface UsageReport {
  user?: Usage;
  org?: Usage;
  all?: Usage;
}
