import * as z from 'zod/mini';
import { count, EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { sessionOperations } from './session-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'sessions';

const sessionShape = () => ({
  id: z.uuid(),
  userId: z.string(),
  orgId: z.string(),
  workspacePath: z.string(),
  status: z.literal('active'),
  mcpClientIds: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  version: z.int().check(z.minimum(1)),
  createdAt: time,
  lastActiveAt: time,
  expiresAt: time,
  due: z.optional(z.literal(true)),
});
const sessionAnswer = named('Session', z.strictObject(sessionShape()));
const createdAnswer = named(
  'CreatedSession',
  z.strictObject({ ...sessionShape(), warnings: z.optional(z.array(z.string())) }),
);
const sessionPageAnswer = z.strictObject({
  sessions: z.array(sessionAnswer),
  nextCursor: z.optional(z.string()),
});
const usage = named('Usage', z.strictObject({ active: count, limit: z.nullable(count) }));
const usageAnswer = z.strictObject({ user: z.optional(usage), org: z.optional(usage), all: z.optional(usage) });
const countAnswer = z.strictObject({ count });
const cleanupAnswer = z.strictObject({
  cleaned: z.array(z.string()),
  failed: z.array(z.string()),
  more: z.boolean(),
});

export const sessionDocs = {
  createSession: {
    tag,
    summary: 'Begin a session',
    description:
      'Takes a seat under each limit, or none. With an `Idempotency-Key` the same request again answers the same ' +
      'session, for 24 hours; after that session has ended, 409 `SESSION_ENDED`, and never a second session. ' +
      '`warnings` has what went wrong with the system prompt: a layer that fails or does not fit is left out, and the ' +
      'others remain. With `promptRequired: true` the create fails instead, 503 `PROMPT_COMPOSITION`.',
    output: createdAnswer,
    errors: [
      'FORBIDDEN',
      'MAX_SESSIONS_REACHED',
      'IDEMPOTENCY_CONFLICT',
      'SESSION_ENDED',
      'PROMPT_COMPOSITION',
      'WORKSPACE_CREATION',
    ],
    examples: {
      plain: { summary: 'With nothing said', input: {} },
      described: {
        summary: 'With metadata, variables for the prompt, and a time after which it ends',
        input: {
          metadata: { task: 'report' },
          promptVariables: { tone: 'friendly' },
          promptRequired: true,
          inactivitySeconds: 3600,
          idempotencyKey: 'nightly-2026-11-22',
        },
      },
    },
  },
  getSession: {
    tag,
    summary: 'A session',
    output: sessionAnswer,
    errors: [],
    examples: { plain: { summary: 'By its id', input: { sessionId } } },
  },
  listSessions: {
    tag,
    summary: 'Sessions, newest first',
    description: 'One’s own; `userId` and `scope` are for admins, `orgId` for operators.',
    output: sessionPageAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      plain: { summary: 'One’s own', input: {} },
      page: { summary: 'The newest ten', input: { limit: 10 } },
    },
  },
  updateSession: {
    tag,
    summary: 'Replace or merge a session’s metadata',
    description:
      'Replaces all metadata. As `application/merge-patch+json`, by direct invocation with `merge: true`, it merges by ' +
      'RFC 7396: what is not named stays, `null` removes a name, and of merges at the same time none is lost. With `version` ' +
      'only if the session has this version.',
    output: sessionAnswer,
    errors: ['SESSION_CONFLICT'],
    examples: {
      plain: { summary: 'Other metadata', input: { sessionId, metadata: { task: 'summary' } } },
      merged: {
        summary: 'One name set, another one removed, the others as they are',
        input: { sessionId, metadata: { task: 'summary', draft: null }, merge: true },
      },
    },
  },
  cleanupSession: {
    tag,
    summary: 'End a session',
    description: 'The directory is gone from its path and the seat is free once this has answered.',
    output: nothing,
    errors: [],
    examples: { plain: { summary: 'By its id', input: { sessionId } } },
  },
  heartbeat: {
    tag,
    summary: 'Say that a session is in use',
    description: 'For agents that work on the file system and call nothing else.',
    output: nothing,
    errors: [],
    examples: { plain: { summary: 'By its id', input: { sessionId } } },
  },
  getUsage: {
    tag,
    summary: 'Seats in use, and their limits',
    description: '`limit: null` is no limit. `all` is told to operators, who may also name a user or an organisation.',
    output: usageAnswer,
    errors: ['FORBIDDEN'],
    examples: { plain: { summary: 'One’s own', input: {} } },
  },
  countUserSessions: {
    tag,
    summary: 'Count a user’s sessions',
    output: countAnswer,
    errors: ['FORBIDDEN'],
    examples: {},
  },
  countAllSessions: { tag, summary: 'Count all sessions', output: countAnswer, errors: ['FORBIDDEN'], examples: {} },
  cleanupInactiveSessions: {
    tag,
    summary: 'End sessions that are not in use',
    description:
      'Those of the admin’s organisation, of an operator all. Without a number, what is due by each session’s own ' +
      'setting. `more`: there is more to end, ask again.',
    role: 'admin',
    output: cleanupAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      plain: { summary: 'What is due', input: {} },
      day: { summary: 'Whatever was not in use for a day', input: { inactiveForSeconds: 86_400 } },
    },
  },
} as const satisfies DocsOf<typeof sessionOperations>;
