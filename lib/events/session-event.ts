import * as z from 'zod';

/** The `source` of the events on EventBridge, by which rules find them. */
export const EVENT_SOURCE = 'agent-session-manager';

/** Why a session ended. */
export const END_REASONS = ['requested', 'inactive', 'workspace-creation-failed'] as const;

/** What all events have. Never contents: no prompt, header, metadata, endpoint or path. */
const everyEvent = z.object({
  id: z.string().min(1).describe('The same however often the event is delivered, and no other event’s.'),
  version: z.int().positive().describe('The session’s, after this change: events of one session are in its order.'),
  time: z.iso.datetime().describe('When the change was written, in UTC, to the second.'),
  sessionId: z.string().min(1),
  userId: z.string().min(1),
  orgId: z.string().min(1),
});

const createdAt = z.iso.datetime().describe('In UTC, with milliseconds.');
const mcpClientId = z.string().min(1).describe('As the session’s owner named it.');

/** Every event: one schema for each, under its type, which is its `detail-type` on EventBridge. */
export const sessionEventSchemas = {
  'session.created': everyEvent.extend({
    type: z.literal('session.created'),
    createdAt,
    inactivitySeconds: z.number().positive().describe('The idle time after which it ends by itself.'),
  }),
  'session.ended': everyEvent.extend({
    type: z.literal('session.ended'),
    reason: z.enum(END_REASONS),
    createdAt,
    durationSeconds: z.number().nonnegative().describe('From its creation until its seat was free, in whole seconds.'),
    mcpClientIds: z.array(mcpClientId).describe('The MCP clients that it still had, and that ended with it.'),
  }),
  'session.prompt-updated': everyEvent.extend({ type: z.literal('session.prompt-updated') }),
  'mcp-client.added': everyEvent.extend({ type: z.literal('mcp-client.added'), mcpClientId }),
  'mcp-client.removed': everyEvent.extend({ type: z.literal('mcp-client.removed'), mcpClientId }),
} as const;

export type SessionEventType = keyof typeof sessionEventSchemas;

export const SESSION_EVENT_TYPES = Object.keys(sessionEventSchemas) as readonly SessionEventType[];

/** The `detail` of any of the events. Fields that are not known are left out, so that later versions may add some. */
export const sessionEventSchema = z.discriminatedUnion('type', [
  sessionEventSchemas['session.created'],
  sessionEventSchemas['session.ended'],
  sessionEventSchemas['session.prompt-updated'],
  sessionEventSchemas['mcp-client.added'],
  sessionEventSchemas['mcp-client.removed'],
]);

export type SessionEvent = z.infer<typeof sessionEventSchema>;

/** Reads the `detail` of an event, as EventBridge or `GET /events` delivers it. Throws a `ZodError` if it is none. */
export const parseSessionEvent = (detail: unknown): SessionEvent => sessionEventSchema.parse(detail);
