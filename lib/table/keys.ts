import { createHash } from 'node:crypto';
import type { Identity } from '../identity.ts';
import type { LimitOwner, LimitScope } from '../limits/limit.ts';
import type { LayerOwner } from '../prompts/prompt-layer.ts';

/**
 * The table as data: one partition and sort key, a TTL attribute and two KEYS_ONLY indexes.
 * - `due`: sessions by the time at which a sweep may end them; those that are ending come first.
 * - `org`: the sessions of an organisation, oldest first.
 */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  indexes: {
    due: { name: 'due', partitionKey: 'dueShard', sortKey: 'due' },
    org: { name: 'org', partitionKey: 'orgId', sortKey: 'id' },
  },
} as const;

/** Text that is equal to one of these, or begins with one. */
export type StreamPattern = readonly (string | { readonly prefix: string })[];

/** Which changes of the table `session-events` is told, as Lambda's event filters say it (at most 5): never touches. */
export interface StreamFilter {
  readonly eventName: readonly ('INSERT' | 'MODIFY' | 'REMOVE')[];
  readonly dynamodb: {
    readonly Keys: { readonly sk: { readonly S: StreamPattern } };
    readonly NewImage?: {
      readonly status: { readonly S: StreamPattern };
      readonly newsVersion: { readonly N: readonly [{ readonly exists: true }] };
    };
  };
}

export interface Key {
  pk: string;
  sk: string;
}

/** Tells keys apart. */
export const pathOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** Caller-supplied parts of keys are percent-encoded, so that no `#` in an id can forge a key. */
const part = encodeURIComponent;

const SESSION = 'SESSION';
const PROMPT = 'PROMPT';
const MCP_PREFIX = 'MCP#';
const FAREWELL_PREFIX = 'FAREWELL#';
const WORKSPACE_USAGE = 'WORKSPACE-USAGE';

export const STREAM_FILTERS: readonly StreamFilter[] = [
  { eventName: ['INSERT', 'REMOVE'], dynamodb: { Keys: { sk: { S: [SESSION] } } } },
  {
    eventName: ['MODIFY'],
    dynamodb: {
      Keys: { sk: { S: [SESSION] } },
      NewImage: { status: { S: ['active'] }, newsVersion: { N: [{ exists: true }] } },
    },
  },
  { eventName: ['REMOVE'], dynamodb: { Keys: { sk: { S: [{ prefix: MCP_PREFIX }] } } } },
  { eventName: ['MODIFY'], dynamodb: { Keys: { sk: { S: [{ prefix: FAREWELL_PREFIX }] } } } },
];

/** All farewells that did not get through: `session-events` may write these and nothing else. */
export const FAREWELLS = 'FAREWELLS';
export const farewellKey = (sessionId: string, connectionId: string): Key => ({
  pk: FAREWELLS,
  sk: `${FAREWELL_PREFIX}${sessionId}#${connectionId}`,
});
export const isFarewellKey = ({ pk }: Key): boolean => pk === FAREWELLS;

/** The session that an item hangs on, and whether it is an MCP client of it. */
export const sessionIdOf = ({ pk }: Key): string => pk.slice('SESSION#'.length);
export const isMcpClientKey = ({ sk }: Key): boolean => sk.startsWith(MCP_PREFIX);
export const isSessionKey = ({ sk }: Key): boolean => sk === SESSION;

export const sessionKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: SESSION });
export const promptKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: PROMPT });
/** How far the sweeps are in measuring all workspaces. */
export const USAGE_ROUND: Key = { pk: 'USAGE-ROUND', sk: 'USAGE-ROUND' };

/** How far the comparison of what is stored is. */
export const RECONCILE_ROUND: Key = { pk: 'RECONCILE-ROUND', sk: 'RECONCILE-ROUND' };

export const workspaceUsageKey = (sessionId: string): Key => ({ pk: `SESSION#${sessionId}`, sk: WORKSPACE_USAGE });
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

const ownerPart = (scope: LimitScope, { userId, orgId }: Identity): string =>
  ({
    global: 'GLOBAL',
    org: `ORG#${part(orgId)}`,
    user: `ORG#${part(orgId)}#USER#${part(userId)}`,
  })[scope];

/** The seats of a scope are spread over items, each in a partition of its own; most have one, which is item 0. */
export const seatsKey = ({ scope, ...identity }: LimitOwner, item = 0): Key => ({
  pk: `SEATS#${ownerPart(scope, identity)}${item === 0 ? '' : `#ITEM#${item}`}`,
  sk: 'SEATS',
});

/** The session that an item hangs on: as a prompt, an MCP client, or an entry of a list. */
export function sessionOfBelonging(key: Key): string | undefined {
  if (key.pk.startsWith('USER#')) return sessionIdOfUserEntry(key.sk);
  return key.pk.startsWith('SESSION#') && (key.sk === PROMPT || isMcpClientKey(key)) ? sessionIdOf(key) : undefined;
}

/** One item has all layers of its scope: three of them make a prompt. */
export const promptLayersKey = (owner: LayerOwner): Key => ({
  pk: `LAYERS#${ownerPart(owner.scope, owner)}`,
  sk: 'LAYERS',
});

export function idempotencyKey({ userId, orgId }: Identity, key: string): Key {
  const hash = createHash('sha256')
    .update(JSON.stringify([orgId, userId, key]))
    .digest('hex');
  return { pk: `IDEMPOTENCY#${hash}`, sk: 'IDEMPOTENCY' };
}

/** Times are ISO 8601 in UTC with milliseconds, so that they sort as text. */
export interface SessionItem {
  id: string;
  userId: string;
  orgId: string;
  status: 'active' | 'ending';
  endReason?: EndReason;
  /** A repeated create was answered with it: the first one is not rolled back any more. */
  repeated?: true;
  /** Absent when empty: DynamoDB has no empty sets. */
  mcpClientIds?: Set<string>;
  /** Of the access point that other compute mounts the workspace by. */
  workspaceAccess?: WorkspaceAccessState;
  metadata: Record<string, string>;
  createdAt: string;
  lastActiveAt: string;
  inactivitySeconds: number;
  /** Grows by one with every change but a touch. */
  version: number;
  /** What the last change was that others are told of, and the version that it made. A touch removes both. */
  news?: SessionNews;
  newsVersion?: number;
  dueShard: string;
  due: string;
}

/** A change of a session, beside its beginning and its end, that others are told of. */
export type SessionNews =
  { type: 'session.prompt-updated' } | { type: 'mcp-client.added' | 'mcp-client.removed'; mcpClientId: string };

/** By what an access point is made, and once that is known to be done, its id. */
export interface WorkspaceAccessState {
  clientToken: string;
  accessPointId?: string;
}

/** Why a session ended. */
export type EndReason = 'requested' | 'inactive' | 'workspace-creation-failed';

export interface IdempotencyItem {
  sessionId: string;
  requestHash: string;
  /** Seconds since the epoch. Checked by condition; DynamoDB's own deletion only tidies up. */
  ttl: number;
}

/** One of the items that a scope's seats are spread over. */
export interface SeatsItem {
  /** Seats taken here less those given back here; may be below 0 where there are several items. */
  active?: number;
  /** This item's share of the limit. Item 0 without one: the scope has no limit of its own. */
  seats?: number;
}

/** What traffic leaves in an item: with `active` it tells whether a seat was taken or given back between two looks. */
export interface SeatsTrace {
  /** Seats ever taken here. */
  taken?: number;
}

/** Item 0 says how the seats are spread, and how they are to be. */
export interface FirstSeatsItem extends SeatsItem {
  /** How many items there are; absent = 1. */
  items?: number;
  /** Grows with every change of `seats`, `items` and what is wanted, in whichever item; never by taking a seat. */
  layout?: number;
  /** What the limit is to be; `null`: none of its own. Absent: nothing was ever wanted. */
  wantedSeats?: number | null;
  wantedItems?: number;
}

export const DUE_SHARDS: readonly string[] = Array.from({ length: 8 }, (_, shard) => `DUE#${shard}`);

/** The last hexadecimal digit of a UUIDv7 is random. */
export function dueShardOf(sessionId: string): string {
  return DUE_SHARDS[parseInt(sessionId.slice(-1), 16) % DUE_SHARDS.length] as string;
}

/** Sorts before every time: what is ending is read first. */
export const DUE_NOW = '0';

const DUE_STEPS = 32;
const DIGITS = 15;

/**
 * The sort key of the `due` index: the time (ms) at which the session becomes due, rounded *up* to a 32nd of its idle
 * time, and that idle time (ms). Up, so that whatever a sweep reads there is due; rounded, so that a busy session moves
 * in the index 32 times per idle time and not with every touch.
 */
export function dueKey(lastActiveMs: number, idleMs: number): string {
  const step = Math.ceil(idleMs / DUE_STEPS);
  const due = Math.ceil((lastActiveMs + idleMs) / step) * step;
  return `${dueUntil(due)}#${idleMs}`;
}

/** The greatest prefix a key that is due at `nowMs` can have. */
export const dueUntil = (nowMs: number): string => String(nowMs).padStart(DIGITS, '0');

/** Read from the key alone: the earliest time (ms) at which the session can have been active last; 0 when it is ending. */
export function earliestActivity(due: string): number {
  if (due === DUE_NOW) return 0;
  const [until, idle] = due.split('#').map(Number) as [number, number];
  return until - Math.ceil(idle / DUE_STEPS) - idle;
}
