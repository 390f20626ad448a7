import fc from 'fast-check';
import * as z from 'zod';

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

/** Instead of what a field's schema says, wherever the field is. */
export type FieldValues = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const LENGTH = 40;
const PATHS: ReadonlySet<string> = new Set(['path', 'from', 'to']);
/** A field that is left out. */
const ABSENT = Symbol('absent');

/** Values as the schema's JSON Schema allows them; what only refinements refuse may be among them. */
export function valuesOf(schema: z.core.$ZodType, fields: FieldValues): fc.Arbitrary<unknown> {
  return values(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, fields);
}

function values(schema: JsonSchema, fields: FieldValues): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map((one) => values(one, fields)));
  // Free-form JSON is a schema that refers to itself.
  if (schema.$ref || !schema.type) return fc.jsonValue({ maxDepth: 2 });
  switch (schema.type) {
    case 'object':
      return objects(schema, fields);
    case 'array':
      return fc.array(values(schema.items ?? {}, fields), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'string':
      return strings(schema);
    case 'integer':
      return fc.integer({ min: clamp(schema.minimum, -1e9), max: clamp(schema.maximum, 1e9) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.constant(null);
  }
}

const clamp = (bound: number | undefined, preset: number) =>
  bound === undefined ? preset : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, bound));

function objects({ properties, required = [], additionalProperties, propertyNames }: JsonSchema, fields: FieldValues) {
  if (!properties) {
    const names = propertyNames ? strings(propertyNames) : fc.string({ maxLength: 10 });
    const inner = values(typeof additionalProperties === 'object' ? additionalProperties : {}, fields);
    return fc.dictionary(names, inner, { maxKeys: 3, noNullPrototype: true });
  }
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const said = fields[name] ?? values(schema, fields);
      // Of a path one of two fields is needed, and neither is required by itself.
      const isUsual = PATHS.has(name);
      const absent = { weight: isUsual ? 1 : 3, arbitrary: fc.constant(ABSENT) };
      const maybe = fc.oneof(absent, { weight: isUsual ? 9 : 1, arbitrary: said });
      return [name, required.includes(name) ? said : maybe];
    }),
  );
  return fc
    .record(model, { noNullPrototype: true })
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ABSENT)));
}

function strings({ pattern, minLength = 0, maxLength = LENGTH }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'binary', minLength, maxLength: Math.max(minLength, Math.min(maxLength, LENGTH)) });
}
