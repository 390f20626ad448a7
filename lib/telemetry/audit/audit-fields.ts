import * as z from 'zod/mini';
import { AGENT_SCOPES } from '../../identity.ts';
import { END_REASONS } from '../events/session-event.ts';
import { DRIFT_KINDS } from './drift.ts';
import { idSchemas, wordSchema } from './audit-ids.ts';

/** As `identity.ts` lets them pass. */
const id = z.string().check(z.minLength(1), z.maxLength(128));
const count = z.int().check(z.minimum(0));

/** Everything that an operation may say of itself: ids, counts and words that we choose. Never what a caller stores. */
export const AUDIT_FIELDS = {
  sessionId: idSchemas.sessionId(),
  /** Whose session, prompt layer or limit it is. */
  userId: id,
  orgId: id,
  mcpClientId: idSchemas.mcpClientId(),
  /** Of a session token, which is no secret. Never the token. */
  tokenId: idSchemas.tokenId(),
  tool: idSchemas.tool(),
  accessPointId: z.string().check(z.regex(/^fsap-[0-9a-f]+$/)),
  promptScope: z.enum(['global', 'org', 'user']),
  promptId: wordSchema(),
  limitScope: z.enum(['global', 'org', 'user']),
  /** `null`: none. */
  limit: z.nullable(count),
  /** Seats in use under that limit. */
  active: count,
  /** Why a session ended. `resumed`: another caller began the end and did not finish it. */
  reason: z.enum([...END_REASONS, 'resumed']),
  /** Of an end that was resumed: why it had begun. */
  resumedReason: z.enum(END_REASONS),
  /** The session was there already: the answer to a repeated idempotency key. */
  replayed: z.literal(true),
  /** What a reconcile found to be wrong: a counter, a session without its directory or out of its list, or the reverse. */
  driftKind: z.enum(DRIFT_KINDS),
  drift: count,
  repaired: z.union([count, z.boolean()]),
  /** What a counter should have said. */
  sessions: count,
  cleaned: count,
  notCleaned: count,
  /** How often an MCP server was asked. */
  attempts: count,
  /** What was left out of a prompt, by ids of layers. */
  warning: z.string().check(z.minLength(1)),
} as const;

export type AuditField = keyof typeof AUDIT_FIELDS;

/** What an operation notes of itself while it runs. */
export type AuditDetails = { [Field in AuditField]?: z.infer<(typeof AUDIT_FIELDS)[Field]> | undefined };

const identity = { userId: id, orgId: id };

/** Who asked. */
const knownActor = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), ...identity }),
  z.strictObject({ kind: z.literal('admin'), ...identity }),
  z.strictObject({ kind: z.literal('operator'), userId: z.optional(id), orgId: z.optional(id) }),
  z.strictObject({
    kind: z.literal('agent'),
    sessionId: idSchemas.sessionId(),
    scopes: z.readonly(z.array(z.enum(AGENT_SCOPES))),
    tokenId: z.optional(idSchemas.tokenId()),
  }),
  z.strictObject({ kind: z.literal('application') }),
  z.strictObject({ kind: z.literal('schedule') }),
  z.strictObject({ kind: z.literal('service') }),
]);

/** In every event. */
export const EVENT_FIELDS = {
  actor: knownActor,
  /** The gateway's, or that of a direct invocation. */
  requestId: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  sourceIp: z.optional(z.union([z.ipv4(), z.ipv6()])),
  durationMs: count,
} as const;

/** Of a request that was refused before it said who asks. */
export const anyActor = z.union([knownActor, z.strictObject({ kind: z.literal('unknown') })]);

/**
 * - `agent`: the agent of a session, by a token of it (`tokenId`)
 * - `application`: code that embeds the library, acting for the owner of whatever it names
 * - `service`: `session-events`, which does what follows from a change of the table
 * - `unknown`: the request was refused before it said who asks
 */
export type AuditActor = z.infer<typeof anyActor>;
