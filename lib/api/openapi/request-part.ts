import type { NamedRoute } from '../routes.ts';
import { descriptionOf, withDescriptions, type JsonSchema } from './field-descriptions.ts';
import type { OperationDoc, Variants } from '../../operations/operation-doc.ts';

type Examples = Record<string, { summary: string; value: unknown }>;
const JSON_TYPE = 'application/json';
type Place = 'path' | 'query' | 'header';

/** What a request consists of: the fields of the operation's input, in the places that the route has for them. */
export function requestPart(
  route: NamedRoute,
  input: JsonSchema,
  doc: OperationDoc,
  components: Record<string, JsonSchema>,
): Record<string, unknown> {
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, field = '']) => parameter('path', field, field)),
    ...Object.keys(route.query ?? {}).map((field) => parameter('query', field, field)),
    ...Object.entries(route.headers ?? {}).map(([field, header]) => parameter('header', headerName(header), field)),
  ];
  const requestBody =
    route.rawBody === undefined ? jsonBody(route, input, doc, components) : rawBody(route.rawBody, doc);
  return { ...(parameters.length > 0 && { parameters }), ...(requestBody && { requestBody }) };

  function parameter(place: Place, name: string, field: string) {
    const schema = input.properties?.[field];
    if (!schema) throw new Error(`${route.operation} has no field ${field}`);
    const examples = examplesOf(doc, (fields) => fields[field]);
    return {
      name,
      in: place,
      required: place === 'path' || (input.required ?? []).includes(field),
      description: descriptionOf(route.operation, name, doc.fields),
      schema,
      ...(Object.keys(examples).length > 0 && { examples }),
    };
  }
}

function jsonBody(
  { operation, body: fields = [], contentTypes = {} }: NamedRoute,
  input: JsonSchema,
  doc: OperationDoc,
  components: Record<string, JsonSchema>,
) {
  if (fields.length === 0) return undefined;
  const properties = Object.fromEntries(fields.map((field) => [field, input.properties?.[field] as JsonSchema]));
  const required = (input.required ?? []).filter((field) => fields.includes(field));
  const whole: JsonSchema = withDescriptions(
    { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false },
    operation,
    doc.fields,
    true,
  );
  const schema = doc.variants ? oneOf(whole, doc.variants, components) : whole;
  const said = Object.entries(contentTypes);
  const typeOf = (sent: Record<string, unknown>) => said.find(([field]) => sent[field] === true)?.[1] ?? JSON_TYPE;
  const types = [JSON_TYPE, ...said.map(([, type]) => type)].map((type) => {
    const examples = examplesOf(doc, (sent) =>
      typeOf(sent) === type
        ? Object.fromEntries(fields.flatMap((field) => (sent[field] === undefined ? [] : [[field, sent[field]]])))
        : undefined,
    );
    return [type, { schema, examples }] as const;
  });
  return { required: required.length > 0, content: Object.fromEntries(types) };
}

/** One schema for each value of the field, under its name among the components. */
function oneOf(whole: JsonSchema, { field, of }: Variants, components: Record<string, JsonSchema>) {
  const mapping: Record<string, string> = {};
  for (const [value, { name, needs, without }] of Object.entries(of)) {
    const fields = Object.entries(whole.properties ?? {}).filter(([other]) => !without.includes(other));
    const properties = Object.fromEntries(fields);
    const { description } = properties[field] ?? {};
    components[name] = {
      ...whole,
      properties: { ...properties, [field]: { type: 'string', const: value, description } },
      required: [...(whole.required ?? []), ...needs],
    };
    mapping[value] = `#/components/schemas/${name}`;
  }
  return { oneOf: Object.values(mapping).map(($ref) => ({ $ref })), discriminator: { propertyName: field, mapping } };
}

function rawBody(field: string, doc: OperationDoc) {
  const examples = examplesOf(doc, (sent) => Buffer.from((sent[field] ?? '') as string, 'base64').toString('utf8'));
  return {
    required: false,
    description: 'The bytes themselves, at most 4 MiB',
    content: { 'application/octet-stream': { schema: BYTES, examples } },
  };
}

export const BYTES = { type: 'string', format: 'binary' } as const;

/** Of each of the operation's examples what `take` takes from its input, if there is any. */
function examplesOf({ examples }: OperationDoc, take: (input: Record<string, unknown>) => unknown): Examples {
  return Object.fromEntries(
    Object.entries(examples).flatMap(([name, { summary, input }]) => {
      const value = take(input as Record<string, unknown>);
      return value === undefined ? [] : [[name, { summary, value }]];
    }),
  );
}

/** As RFC 9110 writes it. */
export const headerName = (name: string): string =>
  name === 'etag' ? 'ETag' : name.replaceAll(/(^|-)(\w)/g, (match) => match.toUpperCase());
