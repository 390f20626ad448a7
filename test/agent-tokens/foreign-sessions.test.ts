import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operations } from '../../lib/api/operations.ts';
import { routeKey, servedRoutes, type NamedRoute } from '../../lib/api/routes.ts';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { sessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import { APPLICATION } from '../../lib/identity.ts';
import type { Services } from '../../lib/api/door-services.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import type { Key } from '../../lib/table/keys.ts';
import { httpEvent, lambdaContext, send, type EventParts } from '../api/lambda-events.ts';
import { readState, type StoredState } from '../invariants/stored-state.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const REQUESTS = 10_000;
/** In everything that belongs to the other session. */
const CANARY = 'canary-of-the-other-session';

/** What has been read stays as it was read: an agent's requests write no item here, since the clock stands still. */
class RememberedTable extends DynamoTable {
  private readonly items = new Map<string, unknown>();

  override async get<T>(key: Key): Promise<T | undefined> {
    const at = JSON.stringify(key);
    if (!this.items.has(at)) this.items.set(at, await super.get<T>(key));
    return structuredClone(this.items.get(at)) as T | undefined;
  }
}

interface Place {
  sessionId: string;
  workspacePath: string;
  token: string;
}

let stack: TestStack;
let services: Services;
let its: Place;
let others: Place;

beforeAll(async () => {
  stack = await newStack({}, new TestClock());
  [its, others] = [await place('ada', 'own'), await place('ada', CANARY)];
  const parts = sessionManagerParts({
    ...stack.options,
    table: new RememberedTable(stack.client, stack.config.tableName),
  });
  services = { ...stack, manager: new SessionManager(parts.manager, APPLICATION), agents: parts.agents };
});
afterAll(() => stack?.close());

/** A session with something of everything. Both are of the same owner, who could reach either. */
async function place(userId: string, name: string): Promise<Place> {
  const session = await stack.manager.createSession(userId, 'acme', { metadata: { name } });
  await session.updateSystemPrompt(`prompt ${name}`);
  await session.files.write(`notes-${name}.txt`, Buffer.from(`content ${name}`));
  const { token } = await session.tokens.create({ name });
  return { sessionId: session.id, workspacePath: session.getWorkspacePath(), token };
}

/** All that is of one session: its items, and what is in its workspace. */
async function stateOf({ sessionId }: Place): Promise<StoredState> {
  const { items, entries } = await readState({
    client: stack.client,
    tableName: stack.config.tableName,
    root: stack.root,
  });
  return {
    items: items.filter(({ pk, sk }) => `${pk} ${sk}`.includes(sessionId)),
    // Below the workspaces of its user, or below what is aside.
    entries: entries.filter(({ path }) => path.split('/').slice(0, 2).includes(sessionId)),
  };
}

/** Whatever a request can name the other session by. */
function requests(): fc.Arbitrary<{ route: NamedRoute; parts: EventParts }> {
  const { sessionId, workspacePath } = others;
  const path = fc.oneof(
    fc.constantFrom(
      `notes-${CANARY}.txt`,
      'notes-own.txt',
      '',
      'a',
      `../${sessionId}`,
      `../${sessionId}/notes-${CANARY}.txt`,
      `./../${sessionId}/notes-${CANARY}.txt`,
      `${workspacePath}/notes-${CANARY}.txt`,
      `%2e%2e/${sessionId}/notes-${CANARY}.txt`,
      `a/../../${sessionId}`,
      `..\\${sessionId}`,
      '../..',
      '..',
      '/',
    ),
    fc.string({ maxLength: 12 }),
  );
  const fields = fc.record(
    {
      path,
      encodedPath: path.map((text) => encodeURIComponent(text.toWellFormed())),
      from: path,
      to: path,
      overwrite: fc.boolean(),
      recursive: fc.boolean(),
      sessionId: fc.constantFrom(sessionId, its.sessionId, ''),
      userId: fc.constant('ada'),
    },
    { requiredKeys: [] },
  );
  const identity = fc.record(
    {
      'x-user-id': fc.constantFrom('ada', 'root'),
      'x-org-id': fc.constant('acme'),
      'x-role': fc.constantFrom('admin', 'operator'),
      'x-session-id': fc.constant(sessionId),
    },
    { requiredKeys: [] },
  );
  const claims = fc.constantFrom(undefined, { sub: 'ada', org: 'acme', groups: '[operator]' });
  const ofAgents = servedRoutes.filter(({ from }) => from === 'agent');
  const ofSessions = servedRoutes.filter(({ from, path: at }) => from === 'caller' && at.includes('{sessionId}'));
  const route = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...ofAgents) },
    // By those of callers the token is nobody's: nothing else says here who is calling.
    { weight: 1, arbitrary: fc.constantFrom(...ofSessions) },
  );
  return fc.tuple(route, fields, identity, claims, fc.nat(3)).map(([one, given, headers, said, way]) => ({
    route: one,
    parts: partsOf(
      one,
      given,
      { ...(one.from === 'agent' && headers), authorization: `Bearer ${its.token}` },
      one.from === 'agent' ? said : undefined,
      way === 0,
    ),
  }));
}

/** The fields where the route has a place for them; where it has none, now and then all the same. */
function partsOf(
  route: NamedRoute,
  fields: Record<string, unknown>,
  headers: Record<string, string>,
  claims: Record<string, unknown> | undefined,
  all: boolean,
): EventParts {
  const query = Object.entries(fields).filter(([name]) => all || (route.query && name in route.query));
  const body = Object.fromEntries(Object.entries(fields).filter(([name]) => all || route.body?.includes(name)));
  return {
    headers,
    pathParameters: { sessionId: others.sessionId, ...(route.from === 'caller' && { clientId: 'x', tokenId: 'x' }) },
    queryStringParameters: Object.fromEntries(query.map(([name, value]) => [name, String(value).toWellFormed()])),
    ...(route.body && { body: JSON.stringify(body) }),
    ...(claims && { claims }),
  };
}

/** Names of files may be the agent's own: it writes below names that it has heard of. */
const tellsOfOthers = (answer: string): boolean =>
  /(content|prompt) canary-of|"name":"canary-of-the-other-session"\}/.test(answer) ||
  answer.includes(`"id":"${others.sessionId}"`) ||
  answer.includes(others.workspacePath);

test(`over ${REQUESTS} generated requests, the token of a session reaches nothing of another one`, async () => {
  const before = await stateOf(others);
  const seen = { ok: 0, refused: 0 };
  const handlers = new Map<string, ReturnType<typeof lambdaHandler>>();
  const property = fc.asyncProperty(requests(), async ({ route, parts }) => {
    const { function: group } = operations[route.operation];
    const handler = handlers.get(group) ?? lambdaHandler(group, () => services);
    handlers.set(group, handler);
    const {
      statusCode = 0,
      headers,
      body = '',
      isBase64Encoded,
    } = (await handler(httpEvent(routeKey(route), parts), lambdaContext())) as Awaited<ReturnType<typeof send>>;
    const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
    const answer = `${statusCode} ${JSON.stringify(headers)} ${text}`;
    if (tellsOfOthers(answer)) throw new Error(`tells ${answer}`);
    if (route.from === 'caller' && statusCode !== 401) throw new Error(`${routeKey(route)} took the token: ${answer}`);
    if (statusCode >= 500) throw new Error(answer);
    seen[statusCode < 300 ? 'ok' : 'refused']++;
  });
  await fc.assert(property, { numRuns: REQUESTS, seed: 20_261_130, endOnFailure: true });
  expect(await stateOf(others)).toEqual(before);
  expect(JSON.stringify(before)).toContain(CANARY);
  // It has worked, in its own session.
  expect(seen.ok).toBeGreaterThan(REQUESTS / 20);
  expect(seen.ok + seen.refused).toBe(REQUESTS);
  expect((await stateOf(its)).entries.length).toBeGreaterThan(1);
}, 120_000);

test('the same check finds out a token of the other session', async () => {
  const answer = await send(services, 'GET /agent/session', { headers: { authorization: `Bearer ${others.token}` } });
  expect(tellsOfOthers(answer.body ?? '')).toBe(true);
  const file = await send(services, 'GET /agent/files', {
    headers: { authorization: `Bearer ${others.token}` },
    queryStringParameters: { path: `notes-${CANARY}.txt` },
  });
  expect(tellsOfOthers(Buffer.from(file.body ?? '', 'base64').toString())).toBe(true);
});
