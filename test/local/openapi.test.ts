import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { EXAMPLE } from '../../lib/operations/operation-doc.ts';
import { openApiDocument } from '../../lib/api/openapi/openapi-document.ts';
import { agentRoutes, routes } from '../../lib/api/routes.ts';
import { startEverythingServer, type EverythingServer } from '../mcp-clients/everything-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { ask, startServer, type LocalServer } from './local-server.ts';

interface Content {
  examples?: Record<string, { value: unknown }>;
}
interface Described {
  operationId: string;
  tags: string[];
  security: Record<string, unknown>[];
  parameters?: { name: string; in: string; required: boolean; examples?: Content['examples'] }[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, { headers?: Record<string, unknown>; content?: Record<string, Content> }>;
  'x-example-status': Record<string, number>;
}
interface OpenApi {
  paths: Record<string, Record<string, Described>>;
  components: { examples: Record<string, { value: object }> };
}

/** In the example of `deleteToken`. */
const EXAMPLE_TOKEN = '5f0c2a9e41b7d863';

const document = openApiDocument() as unknown as OpenApi;
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
type Place = (typeof described)[number];

/** The names of an operation's examples. */
const namesOf = (operation: Described): string[] => Object.keys(operation['x-example-status']);
const examples = described.flatMap((place) =>
  namesOf(place.operation).map((name) => [`${place.operation.operationId} ${name}`, place, name] as const),
);

const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { binary: true } });
addFormats.default(ajv);
void ajv.addSchema(document, 'api');
const pointer = (...parts: string[]) =>
  parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

function check({ path, method }: Place, status: number, type: string, body: unknown): void {
  const place = pointer('paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema');
  const validate = ajv.getSchema(`api#${place}`);
  if (!validate) throw new Error(`nothing is said of ${status} ${type}`);
  void validate(body);
  expect(validate.errors ?? []).toEqual([]);
}

describe('the OpenAPI document', () => {
  const lint = async (source: object) =>
    (
      await lintFromString({
        source: JSON.stringify(source),
        absoluteRef: '/openapi.json',
        config: await createConfig({ extends: ['recommended-strict'] }),
      })
    ).map(({ ruleId, message }) => `${ruleId}: ${message}`);

  test('has nothing that the linter finds', async () => {
    expect(await lint(document)).toEqual([]);
  });

  test('would be found out if it had', async () => {
    const { paths } = document;
    const [path = ''] = Object.keys(paths);
    const wrong = { ...document, paths: { ...paths, [path]: { get: { responses: {} } } } };
    expect((await lint(wrong)).length).toBeGreaterThan(2);
  });

  test('has every route, and examples of each', () => {
    expect(described.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [...routes, ...agentRoutes].map(({ method, path }) => `${method} ${path}`).sort(),
    );
    const without = described.filter(({ operation }) => namesOf(operation).length === 0);
    expect(without.map(({ operation }) => operation.operationId)).toEqual([]);
  });

  test.each(Object.entries(document.components.examples))('has an example of %s that is one', (code, { value }) => {
    const validate = ajv.getSchema('api#/components/schemas/Problem');
    expect(validate?.(value)).toBe(true);
    expect(value).toMatchObject({ code });
  });
});

describe('a running server', () => {
  let stack: TestStack;
  let server: LocalServer;
  let mcp: EverythingServer;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
    [server, mcp] = await Promise.all([startServer(stack.env), startEverythingServer()]);
  });
  afterAll(async () => {
    await Promise.allSettled([server?.stop(), mcp?.stop()]);
    await stack?.close();
  });

  const own = { 'x-user-id': EXAMPLE.userId, 'x-org-id': EXAMPLE.orgId };
  const admin = { ...own, 'x-role': 'admin' };

  /** What examples may take to be there; gives the session's id. */
  async function prepare({ operation, path }: Place): Promise<string> {
    const { body } = await ask(server, 'POST', '/sessions', { headers: own, body: {} });
    const { id } = body as { id: string };
    const file = { method: 'PUT', headers: { ...own, 'content-type': 'application/octet-stream' }, body: 'four bytes' };
    if (['files', 'agent'].includes(operation.tags[0] ?? ''))
      await fetch(`${server.url}/sessions/${id}/files?path=out/report.txt`, file);
    if (path.includes('{clientId}')) {
      const client = { id: 'tools', type: 'http', endpoint: mcp.url };
      await ask(server, 'POST', `/sessions/${id}/mcp-clients`, { headers: own, body: client });
    }
    if (path.startsWith('/prompts/')) {
      await ask(server, 'PUT', '/prompts/org/tone', { headers: admin, body: { content: 'Be kind.' } });
    }
    return id;
  }

  function requestOf({ path, method, operation }: Place, name: string, sessionId: string): [string, RequestInit] {
    const real = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value).replaceAll(EXAMPLE.sessionId, sessionId).replaceAll(EXAMPLE.mcpEndpoint, mcp.url),
      ) as unknown;
    const of = (place: string) =>
      (operation.parameters ?? []).flatMap((parameter) => {
        const example = parameter.in === place ? parameter.examples?.[name] : undefined;
        const entry: [string, string] = [parameter.name, String(real(example?.value ?? ''))];
        return example ? [entry] : [];
      });
    const inPath = new Map(of('path'));
    const contents = Object.entries(operation.requestBody?.content ?? {});
    const [type, content] = contents.find(([, { examples }]) => examples?.[name]) ?? contents[0] ?? ['', {}];
    const sent = content.examples?.[name]?.value;
    const query = new URLSearchParams(of('query')).toString();
    const needsOperator = operation.tags[0] === 'limits' || operation.operationId === 'reconcile';
    const needsRole = operation.security.some((way) => 'role' in way);
    const role = needsRole ? { 'x-role': needsOperator ? 'operator' : 'admin' } : {};
    const caller = operation.security.length > 0 ? { ...own, ...role } : {};
    const url = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(inPath.get(field) ?? ''));
    const body = type.endsWith('json') ? JSON.stringify(real(sent ?? {})) : ((sent as string | undefined) ?? null);
    const headers = { ...caller, ...(type && { 'content-type': type }), ...Object.fromEntries(of('header')) };
    return [`${server.url}${url}${query && `?${query}`}`, { method, headers, body: type ? body : null }];
  }

  /** With a token where the agent of the session asks; and the id of a token that is there. */
  async function headersFor({ operation, path }: Place, sessionId: string, headers: Record<string, string>) {
    const isOfAgent = operation.security.some((way) => 'sessionToken' in way);
    if (!isOfAgent && !path.includes('{tokenId}')) return { sent: headers, tokenId: EXAMPLE_TOKEN };
    const made = await ask(server, 'POST', `/sessions/${sessionId}/tokens`, { headers: own, body: {} });
    const { id, token } = made.body as { id: string; token: string };
    return { sent: { ...headers, ...(isOfAgent && { authorization: `Bearer ${token}` }) }, tokenId: id };
  }

  test('gives the document', async () => {
    const answer = await fetch(`${server.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test('shows it as a page, with everything from this server', async () => {
    const root = await fetch(`${server.url}/`);
    expect([root.status, root.redirected, root.url]).toEqual([200, true, `${server.url}/docs/`]);
    const page = await fetch(`${server.url}/docs`);
    expect(await root.text()).toBe(await page.clone().text());
    expect(page.headers.get('content-type')).toContain('text/html');
    const text = await page.text();
    expect(text).not.toMatch(/https?:/);
    for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const answer = await fetch(`${server.url}${file}`);
      expect([file, answer.status]).toEqual([file, 200]);
      expect((await answer.text()).length).toBeGreaterThan(50);
    }
  });

  test('shows it in no other page, and with headers that answers of the API do not have', async () => {
    const [page, file, answer] = await Promise.all(
      ['/docs', '/docs/swagger-ui-bundle.js', '/health'].map((route) => fetch(`${server.url}${route}`)),
    );
    const policy = page?.headers.get('content-security-policy')?.split(';');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]),
    );
    for (const { headers } of [page, file] as Response[]) {
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.has('strict-transport-security')).toBe(false);
    }
    expect([answer?.status, answer?.headers.has('content-security-policy')]).toEqual([200, false]);
    expect(answer?.headers.has('x-frame-options')).toBe(false);
  });

  test.each(examples)('answers the example %s as described', async (_title, place, name) => {
    const { operation } = place;
    const sessionId = await prepare(place);
    const [url, init] = requestOf(place, name, sessionId);
    const headers = await headersFor(place, sessionId, init.headers as Record<string, string>);
    const answer = await fetch(url.replace(EXAMPLE_TOKEN, headers.tokenId), {
      ...init,
      headers: headers.sent,
      signal: AbortSignal.timeout(40_000),
    });
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const body = type.endsWith('json') ? await answer.json() : await answer.text();
    // What needs EFS is answered on AWS alone; test/workspaces/access-points has it with EFS's answers.
    const expected = operation.tags[0] === 'workspace-access' ? 501 : (operation['x-example-status'][name] ?? 0);
    expect({ status: answer.status, body }).toEqual({ status: expected, body });
    for (const header of Object.keys(operation.responses[expected]?.headers ?? {})) {
      expect([header, answer.headers.has(header)]).toEqual([header, true]);
    }
    if (place.method === 'HEAD') expect([body, operation.responses[expected]]).not.toHaveProperty('1.content');
    else if (expected !== 204) check(place, expected, type, body);
  });

  test.each(
    described
      .filter(({ operation }) => operation.security.length > 0)
      .map((place) => [place.operation.operationId, place] as const),
  )('refuses %s without a caller, as described', async (_id, place) => {
    const [name = 'plain'] = namesOf(place.operation);
    const [url, init] = requestOf(place, name, EXAMPLE.sessionId);
    const answer = await fetch(url, { ...init, headers: { 'content-type': 'application/octet-stream' } });
    expect(answer.status).toBe(401);
    if (place.method === 'HEAD') expect(answer.headers.get('error-code')).toBe('UNAUTHORIZED');
    else check(place, 401, 'application/problem+json', await answer.json());
  });
});
