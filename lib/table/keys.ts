import { createHash } from 'node:crypto';
import type { Identity, ScopeOwner, Scope } from '../identity.ts';
import { SESSION, MCP_PREFIX, TERMINATION_PREFIX, TERMINATIONS } from './table-definition.ts';

export interface Key {
  pk: string;
  sk: string;
}

/** A text that identifies a key. */
export const pathOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** Caller-supplied parts of keys are percent-encoded, so that no `#` in an id can forge a key. */
const part = encodeURIComponent;
const PROMPT = 'PROMPT';
const WORKSPACE_USAGE = 'WORKSPACE-USAGE';
const TOKENS = 'TOKENS';
export const terminationKey = (sessionId: string, connectionId: string): Key => ({
  pk: TERMINATIONS,
  sk: `${TERMINATION_PREFIX}${sessionId}#${connectionId}`,
});
export const isTerminationKey = ({ pk }: Key): boolean => pk === TERMINATIONS;

/** The session that an item hangs on, and whether it is an MCP client of it. */
export const sessionIdOf = ({ pk }: Key): string => pk.slice('SESSION#'.length);
export const isMcpClientKey = ({ sk }: Key): boolean => sk.startsWith(MCP_PREFIX);
export const isSessionKey = ({ sk }: Key): boolean => sk === SESSION;

export const sessionKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: SESSION });
export const promptKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: PROMPT });
/** How far the sweeps are in measuring all workspaces. */
export const USAGE_SCAN: Key = { pk: 'USAGE-ROUND', sk: 'USAGE-ROUND' };

/** Which workspace root the table's sessions have their directories in. */
export const WORKSPACE_ROOT: Key = { pk: 'WORKSPACE-ROOT', sk: 'WORKSPACE-ROOT' };

/** How far the comparison of what is stored is. */
export const RECONCILE_POSITIONS: Key = { pk: 'RECONCILE-ROUND', sk: 'RECONCILE-ROUND' };

export const workspaceUsageKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: WORKSPACE_USAGE });
/** One item has all tokens of a session. */
export const agentTokensKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: TOKENS });
export const mcpClientKey = (sessionId: string, clientId: string): Key => ({
  pk: `SESSION#${sessionId}`,
  sk: `${MCP_PREFIX}${part(clientId)}`,
});
export const mcpClientsOf = (sessionId: string) => ({ pk: `SESSION#${sessionId}`, prefix: MCP_PREFIX });

export const userEntryKey = ({ userId, orgId }: Identity, sessionId: string): Key => ({
  pk: `USER#${part(userId)}`,
  sk: `ORG#${part(orgId)}#SESSION#${sessionId}`,
});
/** The sessions of a user in one organisation, or in all. */
export const userEntriesOf = (userId: string, orgId?: string) => ({
  pk: `USER#${part(userId)}`,
  prefix: orgId === undefined ? 'ORG#' : `ORG#${part(orgId)}#SESSION#`,
});
export const sessionIdOfUserEntry = (sk: string): string => sk.slice(sk.lastIndexOf('#') + 1);

const ownerPart = (scope: Scope, { userId, orgId }: Identity): string =>
  ({
    global: 'GLOBAL',
    org: `ORG#${part(orgId)}`,
    user: `ORG#${part(orgId)}#USER#${part(userId)}`,
  })[scope];

/** The seats of a scope are spread over items, each in a partition of its own; most have one, which is item 0. */
export const seatsKey = ({ scope, ...identity }: ScopeOwner, item = 0): Key => ({
  pk: `SEATS#${ownerPart(scope, identity)}${item === 0 ? '' : `#ITEM#${item}`}`,
  sk: 'SEATS',
});

/** The session that an item hangs on: as a prompt, an MCP client, or an entry of a list. */
export function sessionOfBelonging(key: Key): string | undefined {
  if (key.pk.startsWith('USER#')) return sessionIdOfUserEntry(key.sk);
  return key.pk.startsWith('SESSION#') && (key.sk === PROMPT || isMcpClientKey(key)) ? sessionIdOf(key) : undefined;
}

/** One item has all layers of its scope: three of them make a prompt. */
export const promptLayersKey = (owner: ScopeOwner): Key => ({
  pk: `LAYERS#${ownerPart(owner.scope, owner)}`,
  sk: 'LAYERS',
});

export function idempotencyKey({ userId, orgId }: Identity, key: string): Key {
  const hash = createHash('sha256')
    .update(JSON.stringify([orgId, userId, key]))
    .digest('hex');
  return { pk: `IDEMPOTENCY#${hash}`, sk: 'IDEMPOTENCY' };
}
