import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { httpEvent, lambdaContext, parsed, send, type EventParts } from './lambda-events.ts';
import { interpose } from '../setup/interpose.ts';

const ADA = { 'x-user-id': 'ada', 'x-org-id': 'acme' };

describe('the HTTP door', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
  });
  afterAll(() => stack.close());

  const create = (headers: Record<string, string>, body?: string, isBase64Encoded = false) =>
    send(stack, 'POST /sessions', { headers, body, isBase64Encoded });

  test('reads identity headers as percent-encoded UTF-8', async () => {
    const created = await create({ 'x-user-id': 'auth0%7Cx', 'x-org-id': '%F0%9F%A6%8A' });
    expect(created.statusCode).toBe(201);
    expect(parsed(created)).toMatchObject({ userId: 'auth0|x', orgId: '🦊' });
    expect(created.headers).toMatchObject({ location: `/sessions/${String(parsed(created).id)}` });
  });

  test.each([
    [{}, 401, 'UNAUTHORIZED'],
    [{ 'x-user-id': 'ada' }, 401, 'UNAUTHORIZED'],
    [{ 'x-org-id': 'acme' }, 401, 'UNAUTHORIZED'],
    [{ ...ADA, 'x-user-id': '%E0%A4%A' }, 400, 'VALIDATION'],
    [{ ...ADA, 'x-user-id': '%FF' }, 400, 'VALIDATION'],
    [{ ...ADA, 'x-user-id': '' }, 400, 'INVALID_USER_ID'],
    [{ ...ADA, 'x-org-id': '' }, 400, 'INVALID_ORG_ID'],
    [{ ...ADA, 'x-org-id': '%00' }, 400, 'INVALID_ORG_ID'],
    [{ ...ADA, 'x-role': 'root' }, 400, 'VALIDATION'],
  ])('answers %j with %i %s', async (headers, status, code) => {
    const answer = await send(stack, 'GET /usage', { headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json' });
    expect(parsed(answer)).toMatchObject({ status, code });
  });

  test.each([
    [{ 'x-user-id': null, 'x-org-id': null }],
    [{ 'x-user-id': null, 'x-org-id': 'acme' }],
    [{ 'x-user-id': 'ada', 'x-org-id': null }],
  ])('takes a header that is null for none: %j was the user "null" of "null"', async (headers) => {
    const sent = headers as unknown as Record<string, string>;
    expect(parsed(await send(stack, 'GET /usage', { headers: sent }))).toMatchObject({ status: 401 });
  });

  test('takes a role and an idempotency key that are null for none', async () => {
    const none = { 'x-role': null, 'idempotency-key': null } as unknown as Record<string, string>;
    expect((await create({ ...ADA, ...none })).statusCode).toBe(201);
  });

  // DynamoDB refuses it as a key, on AWS alone: it was answered INTERNAL.
  test('refuses a cursor that is longer than any key', async () => {
    const list = (length: number) => {
      const cursor = Buffer.from(JSON.stringify([`ORG#acme#SESSION#${'é'.repeat(length)}`])).toString('base64url');
      return send(stack, 'GET /sessions', { headers: ADA, queryStringParameters: { cursor } });
    };
    expect(parsed(await list(600))).toMatchObject({ code: 'VALIDATION', errors: [{ path: 'cursor' }] });
    expect((await list(6)).statusCode).toBe(200);
  });

  test.each(['{', '[]', '"text"', 'null', '1', '{"metadata":{"a":"b"},}'])('refuses the body %s', async (body) => {
    expect(parsed(await create(ADA, body))).toMatchObject({ status: 400, code: 'VALIDATION' });
  });

  test.each(['userId', 'orgId', 'idempotencyKey', 'sessionId', 'role', '__proto__'])(
    'refuses %s in the body: what travels elsewhere does not come in by it',
    async (field) => {
      const answer = parsed(await create(ADA, `{"${field}":"x"}`));
      expect(answer).toMatchObject({ code: 'VALIDATION', errors: [{ path: field }] });
    },
  );

  test('reads a body that the gateway has encoded in base64', async () => {
    const body = Buffer.from('{"metadata":{"city":"Zürich"}}').toString('base64');
    expect(parsed(await create(ADA, body, true))).toMatchObject({ metadata: { city: 'Zürich' } });
  });

  test('refuses unknown query parameters, and numbers that are none', async () => {
    const list = (queryStringParameters: Record<string, string>) =>
      send(stack, 'GET /sessions', { headers: ADA, queryStringParameters });
    expect(parsed(await list({ colour: 'red' }))).toMatchObject({ errors: [{ path: 'colour' }] });
    for (const limit of ['', 'ten', '1e1', '0', '101', '1.5', '1,2']) {
      expect(parsed(await list({ limit }))).toMatchObject({ code: 'VALIDATION', errors: [{ path: 'limit' }] });
    }
    expect((await list({ limit: '100' })).statusCode).toBe(200);
  });

  const OPERATOR = { ...ADA, 'x-role': 'operator' };
  test.each<[string, string, EventParts]>([
    ['POST /sessions', 'inactivitySeconds', { body: '{"inactivitySeconds":9007199254740993}' }],
    ['POST /sessions', 'inactivitySeconds', { body: '{"inactivitySeconds":60.00000000000000000001}' }],
    ['POST /sessions', 'metadata.a', { body: '{"metadata":{"a":9007199254740993}}' }],
    ['POST /sessions', 'promptVariables.a.1.b', { body: '{"promptVariables":{"a":[1,{"b":1e400}]}}' }],
    ['PATCH /sessions/{sessionId}', 'version', { body: '{"metadata":{},"version":9007199254740993}' }],
    ['PUT /limits/{scope}', 'limit', { body: '{"limit":9007199254740993}', pathParameters: { scope: 'global' } }],
    ['POST /cleanup', 'inactiveForSeconds', { body: '{"inactiveForSeconds":0.12345678901234567891}' }],
    ['POST /sessions/{sessionId}/mcp-clients/{clientId}/tool-calls', 'name', { body: '{"name":9007199254740993}' }],
    ['GET /sessions', 'limit', { queryStringParameters: { limit: '1.00000000000000000001' } }],
    ['GET /sessions', 'limit', { queryStringParameters: { limit: '9007199254740993' } }],
  ])('refuses numbers that were rounded without a word: %s %s', async (key, path, parts) => {
    const pathParameters = { sessionId: 'none', clientId: 'none' };
    const answer = await send(stack, key, { headers: OPERATOR, pathParameters, ...parts });
    const errors = [{ path, message: 'is a number that would be rounded' }];
    expect(parsed(answer)).toMatchObject({ status: 400, code: 'VALIDATION', errors });
  });

  test('says of a body that is nested too deeply that it is, and not that it is no JSON', async () => {
    const deep = `{"promptVariables":{"a":${'['.repeat(600)}${']'.repeat(600)}}}`;
    expect(parsed(await create(ADA, deep))).toMatchObject({ errors: [{ path: '', message: 'is nested too deeply' }] });
  });

  test('says of a body that is a number of 20 digits that it is no object, and not what fields it has', async () => {
    const errors = [{ path: '', message: 'The body must be a JSON object' }];
    expect(parsed(await create(ADA, '12345678901234567890'))).toMatchObject({ status: 400, errors });
  });

  test('refuses JSON that is nested too deeply', async () => {
    const deep = `{"promptVariables":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    expect(parsed(await create(ADA, deep))).toMatchObject({ status: 400, code: 'VALIDATION' });
  });

  test('answers alike, byte for byte apart from the request id, whatever the reason nothing is seen', async () => {
    const { id } = parsed(await create(ADA));
    const asked: [Record<string, string>, string][] = [
      [{ ...ADA, 'x-user-id': 'eve' }, String(id)],
      [{ ...ADA, 'x-org-id': 'other' }, String(id)],
      [{ 'x-user-id': 'root', 'x-org-id': 'other', 'x-role': 'admin' }, String(id)],
      [ADA, '01a2045b-8d44-72e6-97c0-cb9917303a81'],
      [ADA, 'malformed'],
      [ADA, `${String(id)}#PROMPT`],
    ];
    const answers = await Promise.all(
      asked.map(([headers, sessionId]) =>
        send(stack, 'GET /sessions/{sessionId}', { headers, pathParameters: { sessionId } }),
      ),
    );
    const bodies = answers.map((answer) => answer.body?.replace(/"requestId":"[^"]+"/, '"requestId":""'));
    expect(new Set(bodies).size).toBe(1);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(asked.length).fill(404));
    expect(new Set(answers.map(({ headers }) => JSON.stringify(headers))).size).toBe(1);
  });

  test('tells nothing of an error of ours', async () => {
    const broken = await newStack({ TABLE_NAME: 'a-table' });
    broken.client.destroy();
    interpose(
      broken.client,
      () => () => Promise.reject(new Error('arn:aws:dynamodb:us-east-1:123456789012:table/secret')),
      { step: 'finalizeRequest', name: 'failing' },
    );
    const answer = await send(broken, 'GET /usage', { headers: ADA });
    expect(answer.statusCode).toBe(500);
    expect(parsed(answer)).toMatchObject({ code: 'INTERNAL' });
    expect(answer.body).not.toMatch(/arn:|secret|at .*\.ts/);
    await broken.close();
  });

  test('says when to come again if it was contended', async () => {
    const busy = await newStack();
    interpose(
      busy.client,
      () => () => Promise.reject(Object.assign(new Error('slow down'), { name: 'ThrottlingException' })),
      { step: 'finalizeRequest', name: 'failing' },
    );
    const answer = await send(busy, 'GET /usage', { headers: ADA });
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(parsed(answer)).toMatchObject({ code: 'CONTENTION' });
    await busy.close();
  });

  test('answers GET /health without a caller and without the table', async () => {
    const answer = await send(stack, 'GET /health');
    expect(answer.statusCode).toBe(200);
    expect(parsed(answer)).toEqual({ status: 'ok' });
  });

  test('serves its own routes only', async () => {
    const handler = lambdaHandler('records', () => stack);
    const answer = await handler(httpEvent('POST /sessions', { headers: ADA }), lambdaContext());
    expect(answer).toMatchObject({ statusCode: 500 });
  });
});

describe('the HTTP door with AUTH_MODE=jwt', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newStack({ AUTH_MODE: 'jwt', JWT_ORG_CLAIM: 'custom:org', JWT_ROLE_CLAIM: 'groups' });
  });
  afterAll(() => stack.close());

  const usage = (claims: Record<string, unknown> | undefined, headers: Record<string, string> = {}) =>
    send(stack, 'GET /usage', { claims, headers });

  test('takes the caller from the verified claims and ignores identity headers', async () => {
    const headers = { 'x-user-id': 'root', 'x-org-id': 'root', 'x-role': 'operator' };
    const created = await send(stack, 'POST /sessions', { claims: { sub: 'ada', 'custom:org': 'acme' }, headers });
    expect(parsed(created)).toMatchObject({ userId: 'ada', orgId: 'acme' });
    expect(parsed(await usage({ sub: 'ada', 'custom:org': 'acme' }, headers))).not.toHaveProperty('all');
    expect((await usage(undefined, headers)).statusCode).toBe(401);
  });

  test.each([[{}], [{ sub: 'ada' }], [{ 'custom:org': 'acme' }]])('refuses the claims %j', async (claims) => {
    expect(parsed(await usage(claims))).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test.each([
    ['operator', true],
    ['[operator]', true],
    ['[staff operator]', true],
    ['[admin operator]', true],
    ['[operators]', false],
    ['[staff co-operator]', false],
    ['operator2', false],
    ['staff operator', false],
    ['[]', false],
    ['', false],
    [undefined, false],
    [7, false],
  ])('sees in the role claim %j an operator: %s', async (groups, isOperator) => {
    const answer = parsed(await usage({ sub: 'ada', 'custom:org': 'acme', groups }));
    expect('all' in answer).toBe(isOperator);
  });
});
