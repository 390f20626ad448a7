import type { Authorize } from './http-sender.ts';

/** Who is calling a server that believes headers: one machine, or AWS behind IAM. */
export function asCaller(caller: { userId?: string; orgId?: string; role?: string }): Authorize {
  const { userId, orgId, role } = caller;
  const named = { 'x-user-id': userId, 'x-org-id': orgId, 'x-role': role };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    if (value !== undefined) headers[name] = encodeURIComponent(value.toWellFormed());
  }
  return () => headers;
}

/** Throws without repeating the token. */
export function withToken(token: string): Authorize {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('The token has characters that no token has.');
  return () => ({ authorization: `Bearer ${token}` });
}
