import type { Actor } from '../contracts/door.ts';

/**
 * Who asks, seen from a session of ada of acme. `none` names nobody over HTTP, `invoker` names nobody in a direct
 * invocation, which is what an operator's service does. Agents have a token instead of a name (`AGENTS`).
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
  agent: undefined,
  idleAgent: undefined,
  foreignAgent: undefined,
} as const satisfies Record<string, Actor | undefined>;

export type CallerName = keyof typeof CALLERS;

/**
 * The agents of sessions, who come in over HTTP alone: where an operation has a route for agents, by that one, else by that
 * of callers. `agent` has a token of ada's session with all scopes, `idleAgent` one that opens none of these operations,
 * `foreignAgent` one of a session of somebody else.
 */
export const AGENTS = ['agent', 'idleAgent', 'foreignAgent'] as const;
export type AgentName = (typeof AGENTS)[number];
export const isAgent = (caller: CallerName): caller is AgentName => AGENTS.some((name) => name === caller);

/**
 * - `yes`: reaches what is ada's, or acme's.
 * - `own`: goes well, and neither tells nor changes anything of that.
 * - `elsewhere`: reaches a session of its own, whatever that answers, and neither tells nor changes anything of that.
 * - `hidden`: 404 `SESSION_NOT_FOUND`, byte for byte as of a session that never was.
 * - the others are refusals with that code, or with that of a scope that has no such thing (`absent`).
 */
export type Outcome = 'yes' | 'own' | 'elsewhere' | 'hidden' | 'unauthorized' | 'forbidden' | 'invalid' | 'absent';

export type Expected = Readonly<Record<CallerName, Outcome>>;

/** The code of each refusal, and its status. */
export const REFUSALS: Readonly<
  Record<Exclude<Outcome, 'yes' | 'own' | 'elsewhere'>, { code: string; status: number }>
> = {
  hidden: { code: 'SESSION_NOT_FOUND', status: 404 },
  unauthorized: { code: 'UNAUTHORIZED', status: 401 },
  forbidden: { code: 'FORBIDDEN', status: 403 },
  invalid: { code: 'VALIDATION', status: 400 },
  absent: { code: 'PROMPT_NOT_FOUND', status: 404 },
};
