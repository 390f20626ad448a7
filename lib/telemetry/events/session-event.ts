import * as z from 'zod/mini';
import { IN_ENGLISH, lazily } from '../../schemas.ts';

/** The `source` of the events on EventBridge, by which rules find them. */
export const EVENT_SOURCE = 'agent-session-manager';

/** Why a session ended. */
export const END_REASONS = ['requested', 'inactive', 'workspace-creation-failed'] as const;
export type EndReason = (typeof END_REASONS)[number];
/** Of a session whose create was rolled back. */
export const ROLLED_BACK = 'workspace-creation-failed' satisfies EndReason;

/** What all events have. Never contents: no prompt, header, metadata, endpoint or path. */
const everyEvent = lazily(() =>
  z.object({
    id: z
      .string()
      .check(z.minLength(1), z.describe('The same however often the event is delivered, and no other event’s.')),
    version: z
      .int()
      .check(z.positive(), z.describe('The session’s, after this change: events of one session are in its order.')),
    time: z.iso.datetime().check(z.describe('When the change was written, in UTC, to the second.')),
    sessionId: z.string().check(z.minLength(1)),
    userId: z.string().check(z.minLength(1)),
    orgId: z.string().check(z.minLength(1)),
  }),
);

const createdAt = () => z.iso.datetime().check(z.describe('In UTC, with milliseconds.'));
const mcpClientId = () => z.string().check(z.minLength(1), z.describe('As the session’s owner named it.'));

const sessionCreated = lazily(() =>
  z.extend(everyEvent(), {
    type: z.literal('session.created'),
    createdAt: createdAt(),
    inactivitySeconds: z.number().check(z.positive(), z.describe('The idle time after which it ends by itself.')),
  }),
);
const sessionEnded = lazily(() =>
  z.extend(everyEvent(), {
    type: z.literal('session.ended'),
    reason: z.enum(END_REASONS),
    createdAt: createdAt(),
    durationSeconds: z
      .number()
      .check(z.nonnegative(), z.describe('From its creation until its seat was free, in whole seconds.')),
    mcpClientIds: z
      .array(mcpClientId())
      .check(z.describe('The MCP clients that it still had, and that ended with it.')),
  }),
);
const promptUpdated = lazily(() => z.extend(everyEvent(), { type: z.literal('session.prompt-updated') }));
const mcpClientAdded = lazily(() =>
  z.extend(everyEvent(), { type: z.literal('mcp-client.added'), mcpClientId: mcpClientId() }),
);
const mcpClientRemoved = lazily(() =>
  z.extend(everyEvent(), { type: z.literal('mcp-client.removed'), mcpClientId: mcpClientId() }),
);

/** Every event: one schema for each, under its type, which is its `detail-type` on EventBridge. */
export const sessionEventSchemas = {
  get 'session.created'() {
    return sessionCreated();
  },
  get 'session.ended'() {
    return sessionEnded();
  },
  get 'session.prompt-updated'() {
    return promptUpdated();
  },
  get 'mcp-client.added'() {
    return mcpClientAdded();
  },
  get 'mcp-client.removed'() {
    return mcpClientRemoved();
  },
} as const;

export type SessionEventType = keyof typeof sessionEventSchemas;

export const SESSION_EVENT_TYPES = Object.keys(sessionEventSchemas) as readonly SessionEventType[];

/** The `detail` of any of the events. Fields that are not known are left out, so that later versions may add some. */
export const sessionEventSchema = z.lazy(() =>
  z.discriminatedUnion('type', [
    sessionCreated(),
    sessionEnded(),
    promptUpdated(),
    mcpClientAdded(),
    mcpClientRemoved(),
  ]),
);

export type SessionEvent = z.infer<typeof sessionEventSchema>;

/** Reads the `detail` of an event, as EventBridge or `GET /events` delivers it. Throws a `ZodError` if it is none. */
export const parseSessionEvent = (detail: unknown): SessionEvent => sessionEventSchema.parse(detail, IN_ENGLISH);
