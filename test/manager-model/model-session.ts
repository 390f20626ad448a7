import type { Caller, Identity } from '../../lib/identity.ts';

export const TOUCH_MS = 60_000;
const DEFAULT_IDLE_SECONDS = 24 * 60 * 60;

export interface ModelSession extends Identity {
  id: string;
  status: 'active' | 'ending';
  idleMs: number;
  createdMs: number;
  lastActiveMs: number;
  metadata: Record<string, string>;
  version: number;
  prompt: string;
  mcpClients: string[];
  files: Record<string, string>;
}

/** What a caller is told of a session. */
export interface SessionView extends Identity {
  id: string;
  metadata: Record<string, string>;
  version: number;
  mcpClientIds: string[];
  createdAt: string;
  lastActiveAt: string;
  expiresAt: string;
}

/** One that has just begun. `idle` is its own idle time in seconds. */
export function newSession(
  owner: Identity,
  { id, idle, nowMs, prompt }: { id: string; idle: number | undefined; nowMs: number; prompt: string },
): ModelSession {
  return {
    ...owner,
    id,
    status: 'active',
    idleMs: (idle ?? DEFAULT_IDLE_SECONDS) * 1000 + TOUCH_MS,
    createdMs: nowMs,
    lastActiveMs: nowMs,
    metadata: {},
    version: 1,
    prompt,
    mcpClients: [],
    files: {},
  };
}

/** Whether a sweep takes it at `nowMs`: by its own idle time, or by another (s). */
export function isIdle({ lastActiveMs, idleMs }: ModelSession, idle: number | undefined, nowMs: number): boolean {
  if (idle === undefined) return lastActiveMs + idleMs < nowMs;
  return Math.min(nowMs, lastActiveMs + TOUCH_MS) + idle * 1000 <= nowMs;
}

export function viewOf({ id, userId, orgId, metadata, version, mcpClients, ...session }: ModelSession): SessionView {
  return {
    id,
    userId,
    orgId,
    metadata,
    version,
    mcpClientIds: [...mcpClients].sort(),
    createdAt: new Date(session.createdMs).toISOString(),
    lastActiveAt: new Date(session.lastActiveMs).toISOString(),
    expiresAt: new Date(session.lastActiveMs + session.idleMs).toISOString(),
  };
}

const isOwner = (by: Caller, session: Identity) =>
  by.kind === 'user' && by.userId === session.userId && by.orgId === session.orgId;

export function maySee(by: Caller, session: Identity): boolean {
  if (by.kind === 'admin') return by.orgId === session.orgId;
  return by.kind === 'user' ? isOwner(by, session) : true;
}

export const keepsAlive = (by: Caller, session: Identity): boolean => by.kind === 'application' || isOwner(by, session);

/** RFC 7396: `null` removes. */
export function merged(metadata: Record<string, string>, patch: Record<string, string | null>): Record<string, string> {
  const all = Object.entries({ ...metadata, ...patch });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** `idle`: instead of each session's own idle time; `orgId`: only those of this organisation. */
export interface SweepInput {
  idle: number | undefined;
  orgId: string | undefined;
}

export interface CreateInput extends Identity {
  key: number | undefined;
  idle: number | undefined;
}
