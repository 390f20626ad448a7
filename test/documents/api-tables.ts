import { openApiDocument } from '../../lib/api/openapi/openapi-document.ts';
import { operationDocs } from '../../lib/api/openapi/operation-docs.ts';
import type { OperationName } from '../../lib/api/operations.ts';
import type { Table } from './markdown.ts';

interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: unknown;
  oneOf?: Schema[];
}
interface Content {
  content?: Record<string, { schema: Schema }>;
}
interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
}
interface Described {
  operationId: OperationName;
  summary: string;
  security: { sessionToken?: string[] }[];
  parameters?: Parameter[];
  requestBody?: Content;
  responses: Record<string, Content & { description: string; headers?: Record<string, unknown> }>;
}
interface OpenApi {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

const api = () => openApiDocument() as unknown as OpenApi;
const code = (text: string): string => `\`${text}\``;
const optional = (name: string, isRequired: boolean): string => `${name}${isRequired ? '' : '?'}`;
const fieldsOf = ({ properties = {}, required = [] }: Schema): string[] =>
  Object.keys(properties).map((name) => optional(name, required.includes(name)));

/** The routes, from the OpenAPI document. */
export const routesTable = (): Table => ({
  head: ['route', 'what it does', 'role', 'request', 'answer'],
  rows: Object.entries(api().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      code(`${method.toUpperCase()} ${path}`),
      operation.summary,
      callerCell(operation),
      requestCell(operation),
      answerCell(operation),
    ]),
  ),
});

/** The fields of what answers name. */
export const objectsTable = (): Table => ({
  head: ['object', 'fields'],
  rows: Object.entries(api().components.schemas)
    .filter(([, { properties }]) => properties !== undefined)
    .map(([name, schema]) => [code(name), fieldsOf(schema).map(code).join(', ')]),
});

/** The least that the caller must be. */
function callerCell({ security, operationId }: Described): string {
  const [first] = security;
  if (first === undefined) return 'no caller needed';
  if (first.sessionToken) return first.sessionToken.map(code).join() || 'any token';
  return operationDocs[operationId].role ?? '';
}

function requestCell({ parameters = [], requestBody }: Described): string {
  const namesIn = (place: Parameter['in']) =>
    parameters.filter((one) => one.in === place).map(({ name, required }) => optional(name, required));
  const [query, headers] = [namesIn('query'), namesIn('header')];
  const { 'application/json': json, 'application/octet-stream': bytes, ...others } = requestBody?.content ?? {};
  return [
    query.length > 0 && `query ${query.map(code).join(', ')}`,
    json && `body ${bodyOf(json.schema)}`,
    ...Object.keys(others).map((type) => `also as ${code(type)}`),
    bytes && 'body: bytes',
    headers.length > 0 && `header${headers.length > 1 ? 's' : ''} ${headers.map(code).join(', ')}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const bodyOf = (schema: Schema): string =>
  schema.oneOf
    ? schema.oneOf.map(({ $ref = '' }) => code(nameOf($ref))).join(' or ')
    : fieldsOf(schema).map(code).join(', ');

function answerCell({ responses }: Described): string {
  const successes = Object.entries(responses).filter(([status]) => Number(status) < 400);
  return successes
    .map(([status, { description, content = {}, headers = {} }]) => {
      const { 'application/json': json, 'application/octet-stream': bytes } = content;
      const shape = json ? shapeOf(json.schema) : '';
      const names = Object.keys(headers).map(code).join(', ');
      const when = description.replace(/^Done(; )?/, '');
      const what = [status, shape && code(shape), bytes && 'bytes', names && `with ${names}`];
      return `${what.filter(Boolean).join(' ')}${when && ` (${when.charAt(0).toLowerCase()}${when.slice(1)})`}`;
    })
    .join('; ');
}

/** `Session`, or `{ sessions: Session[], nextCursor? }`; empty for what has no body. */
function shapeOf(schema: Schema): string {
  const { $ref, type, properties = {}, additionalProperties } = schema;
  if ($ref !== undefined) return nameOf($ref);
  if (type === 'null') return '';
  const fields = fieldsOf(schema).map((field) => {
    const { $ref: one, items } = properties[field.replace('?', '')] ?? {};
    if (one !== undefined) return `${field}: ${nameOf(one)}`;
    return items?.$ref === undefined ? field : `${field}: ${nameOf(items.$ref)}[]`;
  });
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  return `{ ${[...fields, ...(isOpen ? ['…'] : [])].join(', ')} }`;
}

const nameOf = (reference: string): string => reference.split('/').at(-1) ?? '';
