/** For consumers of the events: their types, schemas and a parser. Loads no AWS client. */
export {
  END_REASONS,
  EVENT_SOURCE,
  SESSION_EVENT_TYPES,
  parseSessionEvent,
  sessionEventSchema,
  sessionEventSchemas,
  type SessionEvent,
  type SessionEventType,
} from './session-event.ts';
export { sessionEventJsonSchemas, type JsonSchema } from './session-event-json-schemas.ts';
