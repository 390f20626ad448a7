import { describe, expect, test } from '@jest/globals';
import { openApiDocument } from '../../lib/api/openapi/openapi-document.ts';

interface Schema {
  $ref?: string;
  const?: unknown;
  description?: string;
  writeOnly?: boolean;
  required?: string[];
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
  discriminator?: { propertyName: string };
  [keyword: string]: unknown;
}
type Content = Record<string, { schema: Schema }>;
interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string; description?: string }[];
  requestBody?: { content: Content };
  responses: Record<string, { description?: string; content?: Content; headers?: Record<string, Schema> }>;
}

const { paths, components } = openApiDocument() as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const described = Object.values(paths).flatMap((methods) => Object.values(methods));

/** Each property of a schema, at any depth, with where it is. */
function propertiesOf(schema: unknown, where: string): [string, Schema][] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((one, index) => propertiesOf(one, `${where}[${index}]`));
  const { properties = {}, ...others } = schema as Schema;
  const own = Object.entries(properties).map(([name, property]): [string, Schema] => [`${where}.${name}`, property]);
  return [
    ...own,
    ...own.flatMap(([at, property]) => propertiesOf(property, at)),
    ...Object.entries(others).flatMap(([keyword, inner]) => propertiesOf(inner, `${where}/${keyword}`)),
  ];
}

const schemas = [
  ...Object.entries(components.schemas).map(([name, schema]) => [name, schema] as const),
  ...described.flatMap(({ operationId, requestBody, responses }) =>
    [requestBody, ...Object.values(responses)].flatMap((part) =>
      Object.entries(part?.content ?? {}).map(([type, { schema }]) => [`${operationId} ${type}`, schema] as const),
    ),
  ),
];
const properties = schemas.flatMap(([name, schema]) => propertiesOf(schema, name));

describe('the OpenAPI document', () => {
  test('says of every parameter what it means: 77 said nothing', () => {
    const parameters = described.flatMap(({ operationId, parameters: all = [] }) =>
      all.map((parameter) => ({ at: `${operationId} ${parameter.in}:${parameter.name}`, ...parameter })),
    );
    expect(parameters.length).toBeGreaterThan(70);
    expect(parameters.filter(({ description }) => !description).map(({ at }) => at)).toEqual([]);
  });

  test('says of every property what it means', () => {
    expect(properties.length).toBeGreaterThan(150);
    const without = properties.filter(([, { description, $ref }]) => !description && $ref === undefined);
    expect([...new Set(without.map(([at]) => at))]).toEqual([]);
  });

  test('tells programs which fields are secrets that no answer has', () => {
    const secrets = properties.filter(([, { writeOnly }]) => writeOnly).map(([at]) => at);
    for (const name of ['auth', 'token', 'clientSecret', 'headers']) {
      expect(secrets).toEqual(expect.arrayContaining([expect.stringMatching(`\\.${name}$`)]));
    }
    const isOfAnswer = (at: string) => /^(McpClient|Session|CreatedSession)\./.test(at);
    expect(secrets.filter(isOfAnswer)).toEqual([]);
  });

  test('has a configuration of an MCP client for each type, with the fields that go with it', () => {
    const add = described.find(({ operationId }) => operationId === 'addMcpClient');
    const body = add?.requestBody?.content['application/json']?.schema;
    expect(body?.discriminator?.propertyName).toBe('type');
    const variants = (body?.oneOf ?? []).map(({ $ref = '' }) => components.schemas[$ref.split('/').at(-1) ?? '']);
    const shown = variants.map((variant) => ({
      type: variant?.properties?.type?.const,
      required: variant?.required,
      fields: Object.keys(variant?.properties ?? {}).filter((name) => !['id', 'name', 'type', 'config'].includes(name)),
    }));
    const overHttp = { required: ['id', 'type', 'endpoint'], fields: ['auth', 'endpoint', 'headers'] };
    expect(shown.map(({ fields, ...others }) => ({ ...others, fields: fields.sort() }))).toEqual([
      { type: 'http', ...overHttp },
      { type: 'sse', ...overHttp },
      { type: 'stdio', required: ['id', 'type', 'command'], fields: ['args', 'command'] },
    ]);
  });

  test('has what the gateway answers by itself', () => {
    const message = { $ref: '#/components/schemas/GatewayMessage' };
    for (const { operationId, security, requestBody, responses } of described) {
      if (['statFile', 'agentStatFile'].includes(operationId)) continue;
      // Agents are authenticated by the function, and not by the gateway.
      const ofGateway = security.some((way) => !('sessionToken' in way)) ? ['401', '403'] : [];
      const expected = ['429', '500', '503', '504', ...ofGateway];
      if (requestBody) expected.push('413');
      const found = Object.entries(responses).filter(
        ([, { content }]) => content?.['application/json']?.schema.$ref === message.$ref,
      );
      expect([operationId, found.map(([status]) => status).sort()]).toEqual([operationId, expected.sort()]);
    }
  });
});
