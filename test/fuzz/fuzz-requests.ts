import fc from 'fast-check';
import { API_FUNCTIONS, type ApiFunction } from '../../lib/operations/operation.ts';
import { operationNamed, operations, type OperationName } from '../../lib/api/operations.ts';
import { routeKey, servedRoutes, type NamedRoute } from '../../lib/api/routes.ts';
import { httpEvent } from '../api/lambda-events.ts';
import { callersOf, PEOPLE } from './fuzz-callers.ts';
import { asText, nasty, nastyText, spoiled } from './nasty-values.ts';
import { pathFields, some } from './path-fields.ts';
import { valuesOf, type FieldValues } from './schema-values.ts';

export interface FuzzRequest {
  door: 'http' | 'direct' | 'garbage';
  operation?: OperationName;
  group: ApiFunction;
  /** As Lambda would read it. */
  event: unknown;
}

/** What a request can name that is really there. */
export interface FuzzPlace {
  sessionIds: readonly string[];
  clientIds: readonly string[];
  paths: readonly string[];
  promptIds: readonly string[];
  /** Nobody listens there. */
  closedEndpoint: string;
}

export function fuzzRequests(place: FuzzPlace): fc.Arbitrary<FuzzRequest> {
  const fields = fieldsOf(place);
  const inputs = new Map(
    Object.entries(operations).map(([name, { input }]) => [name, spoiled(valuesOf(input, fields))] as const),
  );
  const inputOf = (name: string) => inputs.get(name) as fc.Arbitrary<Record<string, unknown>>;
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...servedRoutes.map((route) => httpRequests(route, inputOf(route.operation)))) },
    { weight: 4, arbitrary: fc.oneof(...Object.keys(operations).map((name) => directRequests(name, inputOf(name)))) },
    { weight: 1, arbitrary: garbage },
  );
}

/** Fields that lead to something where they are what they should be; no endpoint that is elsewhere. */
function fieldsOf(place: FuzzPlace): FieldValues {
  const endpoint = fc.constantFrom(
    place.closedEndpoint,
    'http://169.254.169.254/latest/',
    'http://10.0.0.1/',
    'http://[::ffff:10.0.0.1]/',
    'http://2130706433/',
    'https://0x0a000001/',
    'file:///etc/hosts',
    'javascript:1',
    'http://',
    'not a url',
    '',
    'http://user:word@10.0.0.1/',
  );
  return {
    sessionId: some(place.sessionIds),
    clientId: some(place.clientIds),
    id: some([...place.clientIds, 'another']),
    ...pathFields(place.paths),
    promptId: some(place.promptIds),
    userId: some(['ada', 'eve']),
    orgId: some(['acme', 'other']),
    scope: some(['org', 'user', 'global']),
    endpoint,
    issuer: endpoint,
    range: some(['bytes=0-1', 'bytes=9-', 'bytes=-2']),
    contentRange: some(['bytes */9', 'bytes 0-3/4', 'bytes 0-3/9']),
    ifMatch: some(['*', '"a"']),
    ifNoneMatch: some(['*', '"a"']),
    mode: some(['755', '0644', '4755', '077']),
    cursor: some([cursor('notes.txt'), cursor('ORG#acme#SESSION#'), cursor(place.sessionIds[0])]),
    timeoutMs: fc.integer({ min: 90, max: 200 }),
    content: fc.oneof(fc.base64String({ maxLength: 40 }), nastyText),
    inactiveForSeconds: fc.constantFrom(315_360_000, 315_360_001, 1e9, -1, 0.5e8),
  };
}

const cursor = (position: unknown) => Buffer.from(JSON.stringify([position])).toString('base64url');

/** An invocation, or one that has something else in it. */
function directRequests(operation: string, input: fc.Arbitrary<unknown>): fc.Arbitrary<FuzzRequest> {
  const actor = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(undefined, ...PEOPLE) },
    { weight: 1, arbitrary: nasty },
  );
  const group = groupOf(operation);
  const sent = fc.tuple(input, fc.nat(3)).map(([fields, way]) => (way === 0 ? JSON.stringify(fields) : fields));
  const sound = fc.record({ operation: fc.constant(operation), input: sent, actor });
  const events = fc.oneof({ weight: 6, arbitrary: sound }, { weight: 1, arbitrary: spoiled(sound) });
  return events.map((event) => ({
    door: 'direct',
    operation: operation as OperationName,
    group,
    event: asLambdaReads(event),
  }));
}

function httpRequests(route: NamedRoute, input: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<FuzzRequest> {
  const sound = fc
    .tuple(input, callersOf(route), fc.nat(4))
    .map(([fields, headers, way]) => eventOf(route, fields, headers, way === 0));
  const events = fc.oneof(
    { weight: 3, arbitrary: sound },
    { weight: 1, arbitrary: fc.tuple(sound, fc.oneof(...distortions)).map(([event, distort]) => distort(event)) },
  );
  const { operation } = route;
  return events.map((event) => ({ door: 'http', operation, group: groupOf(operation), event: asLambdaReads(event) }));
}

type Event = ReturnType<typeof httpEvent>;

/** The input's fields where the route has them; what it has no place for in the body, if that is `all`. */
function eventOf(route: NamedRoute, input: unknown, identity: Record<string, string>, all: boolean): Event {
  const pathParameters: Record<string, string> = {};
  const queryStringParameters: Record<string, string> = {};
  const headers: Record<string, string> = { ...identity };
  const body: [string, unknown][] = [];
  const fields = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  for (const [name, value] of fields) {
    const text = asText(value);
    const header = route.headers && Object.hasOwn(route.headers, name) ? route.headers[name] : undefined;
    if (route.path.includes(`{${name}}`)) pathParameters[name] = text;
    else if (route.query && Object.hasOwn(route.query, name)) queryStringParameters[name] = text;
    else if (header) headers[header] = text;
    else if (route.contentTypes && Object.hasOwn(route.contentTypes, name))
      headers['content-type'] = value === true ? (route.contentTypes[name] as string) : 'application/json';
    else if (all || route.body?.includes(name) || route.rawBody === name) body.push([name, value]);
  }
  const raw = route.rawBody && body.find(([name]) => name === route.rawBody)?.[1];
  const bodyParts =
    route.rawBody === undefined
      ? { body: jsonOf(body) }
      : { body: typeof raw === 'string' ? raw : '', isBase64Encoded: true };
  return httpEvent(routeKey(route), { headers, pathParameters, queryStringParameters, ...bodyParts });
}

/** Also with names that an object literal would not take. */
const jsonOf = (fields: [string, unknown][]) =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join()}}`;

const distortion = <T>(values: fc.Arbitrary<T>, distort: (event: Event, value: T) => object) =>
  values.map((value) => (event: Event) => distort(event, value));

const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '0',
  '"text"',
  '{"a":1}{',
  '['.repeat(100_000),
  `${'{"a":'.repeat(50_000)}`,
  '\ufffd',
  '{"metadata":{"a":"b"},"metadata":1}',
];
const FIELDS = [
  'headers',
  'pathParameters',
  'queryStringParameters',
  'body',
  'isBase64Encoded',
  'requestContext',
  'rawPath',
  'rawQueryString',
];
const CONTEXT = ['requestId', 'http', 'authorizer', 'stage'];
const HEADERS = [
  'content-type',
  'content-encoding',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'range',
  'if-range',
  'content-range',
  'upload-id',
  'x-user-id',
  'x-role',
];

/** What a caller, or a gateway that is out of order, can do to an event. */
const distortions: fc.Arbitrary<(event: Event) => object>[] = [
  distortion(fc.oneof(fc.constantFrom(...BODIES), nastyText), (event, body) => ({ ...event, body })),
  distortion(fc.boolean(), (event, isBase64Encoded) => ({ ...event, isBase64Encoded })),
  distortion(fc.tuple(fc.constantFrom(...HEADERS), nastyText), (event, [name, value]) => ({
    ...event,
    headers: { ...event.headers, [name]: value },
  })),
  distortion(
    fc.tuple(fc.constantFrom('limit', 'cursor', 'path', 'version', 'scope', '__proto__', 'b'), nastyText),
    (event, [name, value]) => ({
      ...event,
      rawQueryString: `${event.rawQueryString}&${name}=${value}&${name}=${encodeURIComponent(value.toWellFormed())}`,
      queryStringParameters: { ...event.queryStringParameters, [name]: `${value},${value}` },
    }),
  ),
  distortion(
    fc.tuple(fc.constantFrom('sessionId', 'clientId', 'scope', 'promptId', 'extra', 'constructor'), nastyText),
    (event, [name, value]) => ({ ...event, pathParameters: { ...event.pathParameters, [name]: value } }),
  ),
  distortion(fc.tuple(fc.constantFrom(...FIELDS), nasty), (event, [name, value]) => ({ ...event, [name]: value })),
  distortion(fc.constantFrom(...FIELDS), (event, name) =>
    Object.fromEntries(Object.entries(event).filter(([key]) => key !== name)),
  ),
  distortion(fc.tuple(fc.constantFrom(...CONTEXT), nasty), (event, [name, value]) => ({
    ...event,
    requestContext: { ...event.requestContext, [name]: value },
  })),
];

const garbage: fc.Arbitrary<FuzzRequest> = fc
  .tuple(fc.constantFrom(...API_FUNCTIONS), fc.oneof(nasty, fc.object({ maxDepth: 3 }), fc.anything({ maxDepth: 2 })))
  .map(([group, event]) => ({ door: 'garbage', group, event: asLambdaReads(event) }));

const groupOf = (operation: string): ApiFunction => operationNamed(operation)?.function as ApiFunction;

/** Lambda hands over what it has parsed from JSON. */
function asLambdaReads(event: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(event) ?? 'null');
  } catch {
    return null;
  }
}
