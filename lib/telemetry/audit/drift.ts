/** What may not fit in what is stored. */
export const DRIFT_KINDS = [
  /** A scope's counter and its sessions. */
  'counter',
  /** The items that a scope's seats are spread over: one is missing, or one is there that does not count. */
  'seat-items',
  /** A session whose directory is gone: what was in it is lost. */
  'missing-directory',
  /** A directory of no session. */
  'stray-directory',
  /** A session that its user's list does not have. */
  'missing-entry',
  /** An MCP client that only its session knows of, or only its item. */
  'mcp-client',
  /** An entry of a list, a prompt or an MCP client of no session. */
  'stray-item',
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

/** How many of each. */
export type Drift = Record<DriftKind, number>;

export const noDrift = (): Drift => Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Drift;

export const sumOfDrift = (drift: Drift): number => Object.values(drift).reduce((sum, count) => sum + count, 0);
