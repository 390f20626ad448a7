/** Where a limit holds. A user's limit holds per organisation. */
export type LimitScope = 'global' | 'org' | 'user';

/** The narrowest first: the scope a refused caller can do most about is the one it is told. */
export const LIMIT_SCOPES: readonly LimitScope[] = ['user', 'org', 'global'];

/** How many sessions may be active at once in each scope; 0 = no limit. */
export type Limits = Readonly<Record<LimitScope, number>>;

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
