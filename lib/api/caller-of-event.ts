import type { Config } from '../configuration.ts';
import { UnauthorizedError, ValidationError } from '../errors.ts';
import { checkIdentity, type Caller, type Identity } from '../identity.ts';
import type { HttpEvent } from './http-event.ts';
import { headerOf } from './http-request/header-fields.ts';
import { IDENTITY_HEADERS } from './identity-headers.ts';
import { elementsOfClaim, idOfClaim } from './token-claims.ts';

type AuthConfig = Pick<Config, 'authMode' | 'jwtOrgClaim' | 'jwtRoleClaim' | 'jwtAdminRole' | 'jwtOperatorRole'>;

const ROLES = ['admin', 'operator'] as const;

/** Who is calling, by the function's own `AUTH_MODE` and never by the look of the event. */
export function callerOfEvent(event: HttpEvent, config: AuthConfig): Caller {
  return config.authMode === 'jwt' ? callerOfClaims(event, config) : callerOfHeaders(event);
}

/** The token of a session's agent, if there is one. Whatever else says who is calling counts for nothing there. */
export function agentTokenOf({ headers }: HttpEvent): string | undefined {
  const [, token] = /^bearer +(\S+)$/i.exec(headerOf(headers, 'authorization') ?? '') ?? [];
  return token;
}

function callerOfClaims(event: HttpEvent, config: AuthConfig): Caller {
  const claims = event.requestContext.authorizer?.jwt?.claims ?? {};
  const identity = { userId: idOfClaim(claims, 'sub'), orgId: idOfClaim(claims, config.jwtOrgClaim) };
  const named = elementsOfClaim(claims, config.jwtRoleClaim);
  const means = { admin: config.jwtAdminRole, operator: config.jwtOperatorRole };
  return callerWith(
    identity,
    ROLES.findLast((role) => named.includes(means[role])),
  );
}

function callerOfHeaders({ headers }: HttpEvent): Caller {
  const [userId, orgId, role] = IDENTITY_HEADERS.map((name) => decodedHeader(headers, name));
  if (userId === undefined || orgId === undefined) throw new UnauthorizedError('x-user-id and x-org-id are needed.');
  const known = ROLES.find((name) => name === role);
  if (role && !known) throw ValidationError.at('x-role', `must be one of ${ROLES.join(', ')}`);
  return callerWith({ userId, orgId }, known);
}

function decodedHeader(headers: HttpEvent['headers'], name: string): string | undefined {
  const value = headerOf(headers, name);
  if (value === undefined) return undefined;
  // The gateway joins the values of a repeated header, and together they name another user.
  if (value.includes(',')) throw ValidationError.at(name, 'must be given once, with its commas percent-encoded');
  // What is beyond ASCII arrives as other letters, and so as somebody else.
  if (/[^\x20-\x7e]/.test(value)) throw ValidationError.at(name, 'must be percent-encoded UTF-8');
  try {
    return decodeURIComponent(value);
  } catch {
    throw ValidationError.at(name, 'must be percent-encoded UTF-8');
  }
}

function callerWith(identity: Identity, role: 'admin' | 'operator' | undefined): Caller {
  return { kind: role ?? 'user', ...checkIdentity(identity) };
}
