import * as z from 'zod/mini';
import { withDescriptions, type JsonSchema } from './field-descriptions.ts';
import { namedSchemas } from '../../operations/operation-doc.ts';

/** The only schema of ours that contains itself. */
const JSON_VALUE: JsonSchema = { description: 'Any JSON value' };

/** JSON Schemas of zod's own making, with what has a name put aside under it. */
export class JsonSchemas {
  readonly components: Record<string, JsonSchema> = {};

  /** `input`: what may be sent; `output`: what is answered. */
  of(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
    const made = z.toJSONSchema(schema, {
      io,
      metadata: namedSchemas,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const { description } = z.globalRegistry.get(zodSchema) ?? {};
        if (description !== undefined) jsonSchema.description = description;
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      },
    });
    for (const [id, definition] of Object.entries(made.$defs ?? {})) {
      const name = componentOf(id);
      this.components[name] = isJsonValue(id)
        ? JSON_VALUE
        : withDescriptions(withPlaces(definition as JsonSchema), name, undefined);
    }
    return withPlaces({ ...made, $schema: undefined, $defs: undefined } as JsonSchema);
  }
}

const isJsonValue = (id: string): boolean => id.startsWith('__');
const componentOf = (id: string): string => (isJsonValue(id) ? 'JsonValue' : id);

/** With references to where the schemas with names are in an OpenAPI document. */
function withPlaces(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$ref' && typeof value === 'string'
      ? `#/components/schemas/${componentOf(value.replace('#/$defs/', ''))}`
      : value,
  );
  return JSON.parse(text) as JsonSchema;
}
