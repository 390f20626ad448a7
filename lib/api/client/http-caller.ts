import { UnauthorizedError, ValidationError } from '../../errors.ts';
import { ownFieldsOf } from '../../own-fields.ts';
import type { Authorize } from './http-sender.ts';

/**
 * Who is calling a server that believes headers: one machine, or AWS behind IAM. Counts what the caller itself says, not what
 * it inherits. Throws `ValidationError` for what no header carries as it is, which would be somebody else.
 */
export function asCaller(caller: { userId?: string; orgId?: string; role?: string }): Authorize {
  if (caller === undefined || caller === null) throw new UnauthorizedError();
  const { userId, orgId, role, ...others } = ownFieldsOf(caller, 'caller');
  for (const name of Object.keys(others)) throw ValidationError.at(`caller.${name}`, 'is not a known field');
  const named = { 'x-user-id': userId, 'x-org-id': orgId, 'x-role': role };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined) continue;
    if (typeof value !== 'string' || !value.isWellFormed()) {
      throw ValidationError.at(name, 'must be a well-formed string');
    }
    headers[name] = encodeURIComponent(value);
  }
  return () => headers;
}

/** Throws without repeating the token. */
export function withToken(token: string): Authorize {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('The token has characters that no token has.');
  return () => ({ authorization: `Bearer ${token}` });
}
