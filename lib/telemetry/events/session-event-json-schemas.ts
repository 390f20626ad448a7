import * as z from 'zod/mini';
import { SESSION_EVENT_TYPES, sessionEventSchemas, type SessionEventType } from './session-event.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema (2020-12) of each event's `detail`, by its type. Further fields are allowed: later versions add some. */
export const sessionEventJsonSchemas = Object.fromEntries(
  SESSION_EVENT_TYPES.map((type): [string, JsonSchema] => [
    type,
    z.toJSONSchema(sessionEventSchemas[type], { io: 'input' }),
  ]),
) as Readonly<Record<SessionEventType, JsonSchema>>;
