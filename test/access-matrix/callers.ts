import type { Actor } from '../contracts/door.ts';

/**
 * Who asks, seen from a session of ada of acme. `none` names nobody over HTTP, `invoker` names nobody in a direct
 * invocation, which is what an operator's service does.
 */
export const CALLERS = {
  none: undefined,
  owner: { userId: 'ada', orgId: 'acme' },
  colleague: { userId: 'bob', orgId: 'acme' },
  /** The same user id in another organisation is somebody else. */
  namesake: { userId: 'ada', orgId: 'other' },
  outsider: { userId: 'bob', orgId: 'other' },
  admin: { userId: 'root', orgId: 'acme', role: 'admin' },
  foreignAdmin: { userId: 'root', orgId: 'other', role: 'admin' },
  operator: { userId: 'op', orgId: 'operators', role: 'operator' },
  invoker: undefined,
} as const satisfies Record<string, Actor | undefined>;

export type CallerName = keyof typeof CALLERS;

/**
 * - `yes`: reaches what is ada's, or acme's.
 * - `own`: goes well, and neither tells nor changes anything of that.
 * - `hidden`: 404 `SESSION_NOT_FOUND`, byte for byte as of a session that never was.
 * - the others are refusals with that code, or with that of a scope that has no such thing (`absent`).
 */
export type Outcome = 'yes' | 'own' | 'hidden' | 'unauthorized' | 'forbidden' | 'invalid' | 'absent';

export type Expected = Readonly<Record<CallerName, Outcome>>;

/** The code of each refusal, and its status. */
export const REFUSALS: Readonly<Record<Exclude<Outcome, 'yes' | 'own'>, { code: string; status: number }>> = {
  hidden: { code: 'SESSION_NOT_FOUND', status: 404 },
  unauthorized: { code: 'UNAUTHORIZED', status: 401 },
  forbidden: { code: 'FORBIDDEN', status: 403 },
  invalid: { code: 'VALIDATION', status: 400 },
  absent: { code: 'PROMPT_NOT_FOUND', status: 404 },
};
