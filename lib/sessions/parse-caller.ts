import { validate as isUuid } from 'uuid';
import { isTokenId } from '../agent-tokens/agent-token.ts';
import { UnauthorizedError, ValidationError } from '../errors.ts';
import { AGENT_SCOPES, checkIdentity, checkOrgId, checkUserId, type AgentScope, type Caller } from '../identity.ts';
import { ownFieldsOf } from '../own-fields.ts';

type Kind = Caller['kind'];
type Said = Readonly<Record<string, unknown>>;

/** Each kind of caller, from what it says of itself. A kind without a row is refused. */
const CALLERS: { readonly [Name in Kind]: (said: Said) => Extract<Caller, { kind: Name }> } = {
  application: () => ({ kind: 'application' }),
  operator: ({ userId, orgId }) => ({
    kind: 'operator',
    ...(userId !== undefined && { userId: checkUserId(userId) }),
    ...(orgId !== undefined && { orgId: checkOrgId(orgId) }),
  }),
  admin: (said) => ({ kind: 'admin', ...checkIdentity(said) }),
  user: (said) => ({ kind: 'user', ...checkIdentity(said) }),
  agent: ({ sessionId, scopes, tokenId }) => ({
    kind: 'agent',
    sessionId: checkedId('sessionId', sessionId, isUuid),
    scopes: checkedScopes(scopes),
    ...(tokenId !== undefined && { tokenId: checkedId('tokenId', tokenId, isTokenId) }),
  }),
  schedule: () => ({ kind: 'schedule' }),
};

function checkedId(field: string, id: unknown, isId: (id: unknown) => boolean): string {
  if (typeof id !== 'string' || !isId(id)) throw ValidationError.at(`caller.${field}`, 'must be an id');
  return id;
}

/** Without a `length` of 5 at most, a list could go on for ever. */
function checkedScopes(scopes: unknown): readonly AgentScope[] {
  try {
    if (Array.isArray(scopes) && scopes.length <= AGENT_SCOPES.length) {
      const named = [...(scopes as unknown[])];
      if (named.every(isScope)) return Object.freeze(named);
    }
  } catch {
    // Proxies throw anything.
  }
  throw ValidationError.at('caller.scopes', `must be a list of ${AGENT_SCOPES.join(', ')}`);
}

const isScope = (scope: unknown): scope is AgentScope => AGENT_SCOPES.some((known) => known === scope);

/**
 * A caller as a copy that nobody can change. Counts what `value` itself says, not what it inherits, and refuses what it
 * does not know: a field that is ignored may have been meant as a restriction. Throws `UnauthorizedError` where there is no
 * caller, `InvalidUserIdError`, `InvalidOrgIdError` and `ValidationError`.
 */
export function parseCaller(value: unknown): Caller {
  if (value === undefined || value === null) throw new UnauthorizedError();
  const said = ownFieldsOf(value, 'caller');
  const { kind } = said;
  if (!isKind(kind)) throw ValidationError.at('caller.kind', `must be one of ${Object.keys(CALLERS).join(', ')}`);
  const caller = CALLERS[kind](said);
  const unknown = Object.keys(said).filter((field) => !Object.hasOwn(caller, field));
  if (unknown.length > 0) {
    throw new ValidationError(
      unknown.map((field) => ({ path: `caller.${field}`, message: `is not a field of the kind ${kind}` })),
    );
  }
  return Object.freeze(caller);
}

const isKind = (kind: unknown): kind is Kind => typeof kind === 'string' && Object.hasOwn(CALLERS, kind);
