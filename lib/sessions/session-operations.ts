import { sessionAudit } from './session-audit.ts';
import type { SessionManager } from './session-manager.ts';
import * as z from 'zod/mini';
import { ValidationError } from '../errors.ts';
import { identityOf, type Caller, type Identity } from '../identity.ts';
import type { CleanupBounds } from './sweep/sweep.ts';
import { metadataChangeSchema } from './metadata-change.ts';
import { createOptionsShape, MAX_INACTIVE_SECONDS, pageShape } from './session-options.ts';
import { operationOf } from '../operations/operation.ts';

const sessionIdShape = () => ({ sessionId: z.string() });
const namedShape = () => ({ userId: z.optional(z.string()), orgId: z.optional(z.string()) });

/** What a cleanup over HTTP may take: the gateway gives up after 30 s. */
const HTTP_CLEANUP_SESSIONS = 500;

const operation = operationOf<SessionManager>();

export const sessionOperations = {
  /**
   * Begin a session. Takes a seat under each limit, or none. With an `Idempotency-Key` the same request again answers the
   * same session, for 24 hours; after that session has ended, 409 `SESSION_ENDED`, and never a second session. `warnings`
   * has what went wrong with the system prompt: a layer that fails or does not fit is left out, and the others remain.
   * With `promptRequired: true` the create fails instead, 503 `PROMPT_COMPOSITION`.
   */
  createSession: operation({
    function: 'lifecycle',
    access: 'caller',
    audit: sessionAudit.createSession,
    input: () => z.strictObject({ ...namedShape(), ...createOptionsShape() }),
    run: async ({ userId, orgId, ...options }, { manager, caller }) => {
      const owner = identityMeant(caller, { userId, orgId });
      const session = await manager.createSession(owner.userId, owner.orgId, options);
      const warnings = session.warnings.length > 0 ? { warnings: [...session.warnings] } : {};
      return { output: { ...session.getSessionInfo(), ...warnings }, existed: session.replayed };
    },
  }),

  /** A session. */
  getSession: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.getSession,
    input: () => z.strictObject(sessionIdShape()),
    run: async ({ sessionId }, { manager }) => {
      return { output: (await manager.getSession(sessionId)).getSessionInfo() };
    },
  }),

  /** Sessions, newest first. One’s own; `userId` and `scope` are for admins, `orgId` for operators. */
  listSessions: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.listSessions,
    input: () =>
      z.strictObject({
        ...namedShape(),
        scope: z.optional(z.literal('org')),
        ...pageShape(),
      }),
    run: async ({ userId, orgId, scope, ...page }, { manager, caller }) => {
      if (scope === 'org' && userId !== undefined) throw ValidationError.at('scope', 'excludes userId');
      const own = identityOf(caller);
      if (scope === undefined && userId === undefined && orgId !== own.orgId && orgId !== undefined) {
        throw ValidationError.at('orgId', 'goes with userId, or with scope=org');
      }
      const { sessions, nextCursor } =
        scope === 'org'
          ? await manager.listOrgSessions(needed('orgId', orgId ?? own.orgId), page)
          : await manager.listSessions(needed('userId', userId ?? own.userId), { orgId: orgId ?? own.orgId, ...page });
      const found = sessions.map((session) => session.getSessionInfo());
      return { output: { sessions: found, ...(nextCursor !== undefined && { nextCursor }) } };
    },
  }),

  /**
   * Replace or merge a session’s metadata. Replaces all metadata. As `application/merge-patch+json`, by direct invocation
   * with `merge: true`, it merges by RFC 7396: what is not named stays, `null` removes a name, and of merges at the same
   * time none is lost. With `version` only if the session has this version.
   */
  updateSession: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.updateSession,
    input: () => metadataChangeSchema(sessionIdShape()),
    run: async ({ sessionId, metadata, ...options }, { manager }) => {
      return { output: (await manager.session(sessionId).updateMetadata(metadata, options)).getSessionInfo() };
    },
  }),

  /** End a session. The directory is gone from its path and the seat is free once this has answered. */
  cleanupSession: operation({
    function: 'lifecycle',
    access: 'caller',
    audit: sessionAudit.cleanupSession,
    input: () => z.strictObject(sessionIdShape()),
    run: async ({ sessionId }, { manager }) => {
      await manager.cleanupSession(sessionId);
      return { output: null };
    },
  }),

  /** Say that a session is in use. For agents that work on the file system and call nothing else. */
  heartbeat: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.heartbeat,
    input: () => z.strictObject(sessionIdShape()),
    run: async ({ sessionId }, { manager }) => {
      await manager.session(sessionId).heartbeat();
      return { output: null };
    },
  }),

  /**
   * Seats in use, and their limits. `limit: null` is no limit. `all` is for operators, who may also name a user or an
   * organisation.
   */
  getUsage: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.getUsage,
    input: () => z.strictObject(namedShape()),
    run: async (named, { manager, caller }) => {
      // Whoever names an organisation and no user means no user of it.
      const own = named.orgId === undefined ? identityOf(caller) : {};
      const { userId, orgId } = { ...own, ...present(named) };
      if (orgId !== undefined) return { output: await manager.getUsage({ userId, orgId }) };
      if (userId !== undefined) throw ValidationError.at('orgId', 'is needed with userId, since the caller has none');
      return { output: await manager.getUsage({}) };
    },
  }),

  /** Count a user’s sessions. */
  countUserSessions: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.countUserSessions,
    input: () => z.strictObject(namedShape()),
    run: async ({ userId, orgId }, { manager, caller }) => {
      const own = identityOf(caller);
      const count = await manager.countUserSessions(needed('userId', userId ?? own.userId), orgId ?? own.orgId);
      return { output: { count } };
    },
  }),

  /** Count all sessions. */
  countAllSessions: operation({
    function: 'records',
    access: 'caller',
    audit: sessionAudit.countAllSessions,
    input: () => z.strictObject({}),
    run: async (_input, { manager }) => {
      return { output: { count: await manager.countAllSessions() } };
    },
  }),

  /**
   * End sessions that are not in use. Those of the admin’s organisation, of an operator all. Without a number, what is due
   * by each session’s own setting. `more`: there is more to end, ask again.
   */
  cleanupInactiveSessions: operation({
    function: 'cleanup',
    access: 'caller',
    audit: sessionAudit.cleanupInactiveSessions,
    input: () =>
      z.strictObject({
        inactiveForSeconds: z.optional(z.number().check(z.minimum(0), z.maximum(MAX_INACTIVE_SECONDS))),
      }),
    run: async ({ inactiveForSeconds }, { manager, caller, signal }) => {
      const bounds: CleanupBounds = { signal };
      if (caller.kind !== 'schedule') bounds.maxSessions = HTTP_CLEANUP_SESSIONS;
      const inactiveForMs = inactiveForSeconds === undefined ? undefined : inactiveForSeconds * 1000;
      return { output: await manager.cleanupInactiveSessions(inactiveForMs, bounds) };
    },
  }),
};

/** Who a create is for: who is named, else the caller. */
function identityMeant(caller: Caller, named: Partial<Identity>): Identity {
  const own = identityOf(caller);
  return {
    userId: needed('userId', named.userId ?? own.userId),
    orgId: needed('orgId', named.orgId ?? own.orgId),
  };
}

function needed(field: string, value: string | undefined): string {
  if (value === undefined) throw ValidationError.at(field, 'is needed, since the caller has none');
  return value;
}

function present<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}
