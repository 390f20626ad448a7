import { ForbiddenError, InvalidOrgIdError, InvalidUserIdError } from './errors.ts';

/** A user of an organisation. The same user id in another organisation is somebody else. */
export interface Identity {
  userId: string;
  orgId: string;
}

/**
 * On whose behalf a call is made.
 * - `application`: code that embeds the library and acts for the owner of whatever it names.
 * - `operator`: may do everything; an identity of its own only if it came over HTTP or named one.
 * - `admin`: may do everything inside its organisation.
 * - `user`: may do everything with its own sessions.
 * - `schedule`: the scheduled cleanup.
 */
export type Caller =
  | { kind: 'application' }
  | ({ kind: 'operator' } & Partial<Identity>)
  | ({ kind: 'admin' } & Identity)
  | ({ kind: 'user' } & Identity)
  | { kind: 'schedule' };

export const MAX_ID_BYTES = 128;

/** 1 to 128 bytes of well-formed UTF-8 without control characters. */
export function checkUserId(userId: string): string {
  const problem = problemOfId(userId);
  if (problem) throw new InvalidUserIdError(problem);
  return userId;
}

/** 1 to 128 bytes of well-formed UTF-8 without control characters. */
export function checkOrgId(orgId: string): string {
  const problem = problemOfId(orgId);
  if (problem) throw new InvalidOrgIdError(problem);
  return orgId;
}

export function checkIdentity({ userId, orgId }: Identity): Identity {
  return { userId: checkUserId(userId), orgId: checkOrgId(orgId) };
}

function problemOfId(id: string): string | undefined {
  if (id === '') return 'is empty';
  if (!id.isWellFormed()) return 'is not well-formed Unicode';
  if (/\p{Cc}/u.test(id)) return 'contains control characters';
  if (Buffer.byteLength(id, 'utf8') > MAX_ID_BYTES) return `is longer than ${MAX_ID_BYTES} bytes`;
  return undefined;
}

/** The identity a caller speaks with, if it has one. */
export function identityOf(caller: Caller): Partial<Identity> {
  return 'userId' in caller || 'orgId' in caller ? { userId: caller.userId, orgId: caller.orgId } : {};
}

export function isOwner(caller: Caller, session: Identity): boolean {
  const { userId, orgId } = identityOf(caller);
  return userId === session.userId && orgId === session.orgId;
}

/** Whether the caller may know that the session exists, and so do with it what its operation says. */
export function maySee(caller: Caller, session: Identity): boolean {
  if (isUnrestricted(caller)) return true;
  return caller.kind === 'admin' ? caller.orgId === session.orgId : isOwner(caller, session);
}

/** Whether a call of this caller that names the session keeps it alive: those of admins and operators do not. */
export function keepsAlive(caller: Caller, session: Identity): boolean {
  return caller.kind === 'application' || isOwner(caller, session);
}

export function isUnrestricted(caller: Caller): boolean {
  return caller.kind === 'application' || caller.kind === 'operator' || caller.kind === 'schedule';
}

/** Refuses a caller that names a user or organisation it does not speak for. */
export function checkSpeaksFor(caller: Caller, named: Partial<Identity>): void {
  if (isUnrestricted(caller)) return;
  const own = identityOf(caller);
  if (named.orgId !== own.orgId) throw new ForbiddenError('Only an operator may name another organisation.');
  if (caller.kind !== 'admin' && named.userId !== own.userId) {
    throw new ForbiddenError('Only an admin may name another user, or a whole organisation.');
  }
}
