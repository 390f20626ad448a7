import type { Identity } from '../../lib/identity.ts';
import type { FuzzRequest } from './fuzz-requests.ts';

type Fields = Record<string, unknown>;

/**
 * Whether a request names a session that its caller may not see: of another user, or, for an admin, of another
 * organisation. Only where both can be read from it as they are meant.
 */
export function namesForeignSession({ door, event }: FuzzRequest, owners: ReadonlyMap<unknown, Identity>): boolean {
  const { headers, pathParameters, actor, input } = fieldsOf(event);
  const isHttp = door === 'http';
  const { userId, orgId, role } = isHttp ? callerIn(fieldsOf(headers)) : fieldsOf(actor);
  const { sessionId } = fieldsOf(isHttp ? pathParameters : input);
  const owner = owners.get(sessionId);
  if (!owner || typeof userId !== 'string' || typeof orgId !== 'string') return false;
  if (role === 'admin') return orgId !== owner.orgId;
  return role === undefined && (userId !== owner.userId || orgId !== owner.orgId);
}

/** With a role that is said in another way nothing is certain. */
function callerIn(headers: Fields): Fields {
  const roles = Object.keys(headers).filter((name) => name.toLowerCase() === 'x-role');
  if (roles.some((name) => name !== 'x-role')) return {};
  return { userId: headers['x-user-id'], orgId: headers['x-org-id'], role: headers['x-role'] };
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
