import { ForbiddenError, InvalidOrgIdError, InvalidUserIdError } from './errors.ts';

/** A user of an organisation. The same user id in another organisation is another user. */
export interface Identity {
  userId: string;
  orgId: string;
}

/** What a session token may be good for. `mcp`: the session's MCP endpoint. */
export const AGENT_SCOPES = ['mcp', 'files:read', 'files:write', 'heartbeat', 'prompt:read'] as const;
export type AgentScope = (typeof AGENT_SCOPES)[number];

/** What an operation needs of an agent: a scope, or just a token. Operations that say nothing refuse agents. */
export type AgentNeeds = AgentScope | 'any';

/**
 * On whose behalf a call is made.
 * - `application`: code that embeds the library and acts for the owner of whatever it names.
 * - `operator`: may do everything; an identity of its own only if it came over HTTP or named one.
 * - `admin`: may do everything inside its organisation.
 * - `user`: may do everything with its own sessions.
 * - `agent`: works in one session, by a token of that session (`tokenId`). It is no user and of no organisation, or it could
 *   do what the owner can with the owner's other sessions.
 * - `schedule`: the scheduled cleanup and reconcile, and nothing else.
 */
export type Caller =
  | { kind: 'application' }
  | ({ kind: 'operator' } & Partial<Identity>)
  | ({ kind: 'admin' } & Identity)
  | ({ kind: 'user' } & Identity)
  | { kind: 'agent'; sessionId: string; scopes: readonly AgentScope[]; tokenId?: string }
  | { kind: 'schedule' };

/** Code that embeds the library. It acts for the owner of whatever it names. */
export const APPLICATION: Caller = Object.freeze({ kind: 'application' });

export const MAX_ID_BYTES = 128;

/** 1 to 128 bytes of well-formed UTF-8 without control characters. */
export function checkUserId(userId: unknown): string {
  const problem = problemOfId(userId);
  if (problem) throw new InvalidUserIdError(problem);
  return userId as string;
}

/** 1 to 128 bytes of well-formed UTF-8 without control characters. */
export function checkOrgId(orgId: unknown): string {
  const problem = problemOfId(orgId);
  if (problem) throw new InvalidOrgIdError(problem);
  return orgId as string;
}

export function checkIdentity({ userId, orgId }: { [Field in keyof Identity]?: unknown }): Identity {
  return { userId: checkUserId(userId), orgId: checkOrgId(orgId) };
}

function problemOfId(id: unknown): string | undefined {
  if (id === undefined) return 'is missing';
  if (typeof id !== 'string') return 'is not a string';
  if (id === '') return 'is empty';
  if (!id.isWellFormed()) return 'is not well-formed Unicode';
  if (/\p{Cc}/u.test(id)) return 'contains control characters';
  if (Buffer.byteLength(id, 'utf8') > MAX_ID_BYTES) return `is longer than ${MAX_ID_BYTES} bytes`;
  return undefined;
}

// The rules below admit kinds of callers by name. The compiler asks each of them about a new kind, which it refuses until then.
const refused = (_kind: never): false => false;

/** The identity a caller speaks with, if it has one. */
export function identityOf(caller: Caller): Partial<Identity> {
  switch (caller.kind) {
    case 'operator':
    case 'admin':
    case 'user':
      return { userId: caller.userId, orgId: caller.orgId };
    case 'application':
    case 'agent':
    case 'schedule':
      return {};
    default:
      refused(caller);
      return {};
  }
}

/** A caller without an identity owns nothing. */
export function isOwner(caller: Caller, session: Identity): boolean {
  const { userId, orgId } = identityOf(caller);
  if (userId === undefined || orgId === undefined) return false;
  return userId === session.userId && orgId === session.orgId;
}

/** A session, as far as rules ask. */
export type KnownSession = Identity & { readonly id: string };

/** Whether the caller may know that the session exists, and so do with it what its operation says. */
export function maySee(caller: Caller, session: KnownSession): boolean {
  switch (caller.kind) {
    case 'application':
    case 'operator':
      return true;
    case 'admin':
      return caller.orgId === session.orgId;
    case 'user':
      return isOwner(caller, session);
    case 'agent':
      return caller.sessionId === session.id;
    case 'schedule':
      return false;
    default:
      return refused(caller);
  }
}

/** Whether the caller is the owner of the session, or acts for the owner. */
export function actsForOwner(caller: Caller, session: Identity): boolean {
  return caller.kind === 'application' || isOwner(caller, session);
}

/** Whether a call of this caller that names the session keeps it alive: those of admins and operators do not. */
export function keepsAlive(caller: Caller, session: KnownSession): boolean {
  return actsForOwner(caller, session) || (caller.kind === 'agent' && maySee(caller, session));
}

/** Refuses an agent what does not admit agents, or needs a scope that its token has not. Says nothing of other callers. */
export function checkAgentMay(caller: Caller, needs: AgentNeeds | undefined): void {
  if (caller.kind !== 'agent' || needs === 'any') return;
  if (needs === undefined) throw new ForbiddenError('This is not for the agent of a session.');
  if (!caller.scopes.includes(needs)) throw new ForbiddenError(`The token has no scope "${needs}".`);
}

/** Whether the caller may know and change what concerns all organisations. */
export function isUnrestricted({ kind }: Caller): boolean {
  return kind === 'application' || kind === 'operator';
}

/** Whether the caller may do what admins do; `checkSpeaksFor` says in which organisation. */
export function isAdministrator(caller: Caller): boolean {
  return caller.kind === 'admin' || isUnrestricted(caller);
}

/** Whether the caller may compare what is stored, and repair it. */
export function mayReconcile(caller: Caller): boolean {
  return caller.kind === 'schedule' || isUnrestricted(caller);
}

/** Whose sessions a cleanup by this caller ends: those of one organisation, or all. */
export function cleanupScope(caller: Caller): { orgId?: string } {
  if (caller.kind === 'admin') return { orgId: caller.orgId };
  if (caller.kind === 'schedule' || isUnrestricted(caller)) return {};
  throw new ForbiddenError('Only an admin may clean up.');
}

/** Refuses a caller that names a user or organisation it does not speak for. */
export function checkSpeaksFor(caller: Caller, named: Partial<Identity>): void {
  if (isUnrestricted(caller)) return;
  const own = identityOf(caller);
  if (own.orgId === undefined || named.orgId !== own.orgId) {
    throw new ForbiddenError('Only an operator may name another organisation.');
  }
  if (caller.kind === 'admin') return;
  if (caller.kind !== 'user' || named.userId !== own.userId) {
    throw new ForbiddenError('Only an admin may name another user, or a whole organisation.');
  }
}

/** Where a limit or a prompt layer holds: for all, an organisation, or a user in one organisation. */
export const SCOPES = ['global', 'org', 'user'] as const;
export type Scope = (typeof SCOPES)[number];

/** The scope and who it belongs to; what the scope does not name is ignored. */
export interface ScopeOwner extends Identity {
  scope: Scope;
}

/** The narrowest first: the scope a refused caller can do most about is the one it is told. */
export const NARROWEST_SCOPE_FIRST: readonly Scope[] = ['user', 'org', 'global'];

/** Whether the session is of the user and the organisation, as far as they are named. */
export function isOf(session: Identity, { userId, orgId }: Partial<Identity>): boolean {
  return (userId ?? session.userId) === session.userId && (orgId ?? session.orgId) === session.orgId;
}
