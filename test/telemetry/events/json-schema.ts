import { Ajv2020 } from 'ajv/dist/2020.js';
import { sessionEventJsonSchemas, type SessionEvent } from '../../../lib/telemetry/events/index.ts';

const ajv = new Ajv2020({ formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ } });

/** What the JSON Schema of the event's type finds wrong with it, and fields that it does not name. */
export function problemsOf(detail: SessionEvent): string[] {
  const schema = sessionEventJsonSchemas[detail.type];
  const isValid = ajv.validate(schema, detail);
  const unknown = Object.keys(detail).filter((field) => !Object.hasOwn(schema.properties ?? {}, field));
  return [...(isValid ? [] : [ajv.errorsText()]), ...unknown.map((field) => `${field} is not in the schema`)];
}
