import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ValidationError, type SessionManagerError } from '../errors.ts';
import { checkAnswerSize } from './answer-size.ts';
import { callerOfEvent } from './caller-of-event.ts';
import type { HttpEvent } from './http-event.ts';
import { operationNamed } from './operations.ts';
import type { Answer, AnyOperation, ApiFunction } from '../operations/operation.ts';
import { perform, readRequest, errorForCaller } from './perform.ts';
import { problemOf, retryAfterOf } from './problem.ts';
import type { Route } from '../operations/route.ts';
import { routeKey, routes, type NamedRoute } from './routes.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { Services } from './door-services.ts';

export type HttpResult = APIGatewayProxyStructuredResultV2;

const byRouteKey = new Map(routes.map((route) => [routeKey(route), route]));

/** Answers an API Gateway event (payload format 2.0) of one of the function's routes. */
export async function handleHttp(
  functionName: ApiFunction,
  services: Services,
  event: HttpEvent,
  signal: AbortSignal,
): Promise<HttpResult> {
  const { requestId, http } = event.requestContext;
  try {
    const origin = { requestId, sourceIp: http.sourceIp };
    const { route, operation } = await readRequest(services, origin, () => routeOf(functionName, event));
    return await perform(services, {
      operation,
      caller: () => callerOfEvent(event, services.config),
      input: () => inputOf(route, event),
      answer: (answer) => checkAnswerSize(success(route, answer)),
      origin,
      signal,
    });
  } catch (thrown) {
    const name = byRouteKey.get(event.routeKey)?.operation ?? event.routeKey;
    return problem(errorForCaller(services.log, name, thrown), requestId);
  }
}

function routeOf(
  functionName: ApiFunction,
  event: HttpEvent,
): { route: NamedRoute; operation: AnyOperation<SessionManager> } {
  const route = byRouteKey.get(event.routeKey);
  const operation = route && operationNamed(route.operation);
  if (operation?.function !== functionName) throw new Error(`function ${functionName} has no route ${event.routeKey}`);
  return { route: route as NamedRoute, operation };
}

/** Path, query, body and headers, flat. What the route does not name in one of them cannot come in by it. */
function inputOf(route: Route, event: HttpEvent): Record<string, unknown> {
  return {
    ...bodyOf(route, event),
    ...queryOf(route, event.queryStringParameters ?? {}),
    ...headersOf(route, event.headers),
    ...event.pathParameters,
  };
}

function queryOf({ query = {} }: Route, parameters: Record<string, string | undefined>): Record<string, unknown> {
  refuseUnknown(Object.keys(parameters), Object.keys(query), 'is not a known query parameter');
  return Object.fromEntries(
    Object.entries(parameters).map(([name, text]) => [name, readAs[query[name] ?? 'string'](text)]),
  );
}

/** Text that is not what it should be is left as it is, for the schema to say so. */
const readAs: Readonly<Record<'string' | 'number' | 'boolean', (text: string | undefined) => unknown>> = {
  string: (text) => text,
  number: numberOf,
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

function numberOf(text: string | undefined): unknown {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function headersOf({ headers = {} }: Route, received: HttpEvent['headers']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([field, header]) => {
      const value: string | null | undefined = received[header];
      if (value === undefined || value === null) return [];
      if (/[^\x20-\x7e]/.test(value)) throw ValidationError.at(header, 'must be ASCII');
      return [[field, value]];
    }),
  );
}

function bodyOf({ body: fields, rawBody }: Route, event: HttpEvent): Record<string, unknown> {
  if (rawBody !== undefined) return { [rawBody]: base64Of(event) };
  if (fields === undefined) return {};
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  if (text.trim() === '') return {};
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw ValidationError.at('', 'The body must be a JSON object');
  }
  refuseUnknown(Object.keys(body), fields, 'is not a known field');
  return body as Record<string, unknown>;
}

function base64Of({ body: sent, isBase64Encoded }: HttpEvent): string {
  const body = sent ?? '';
  if (isBase64Encoded) return body;
  // What the gateway took for text and could not read: the bytes are lost.
  if (body.includes('\uFFFD')) throw ValidationError.at('content-type', 'must be application/octet-stream');
  return Buffer.from(body, 'utf8').toString('base64');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ValidationError.at('', 'The body is not JSON');
  }
}

function refuseUnknown(names: string[], known: readonly string[], message: string): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new ValidationError(unknown.map((path) => ({ path, message })));
}

function success(route: Route, answer: Answer<unknown>): HttpResult {
  const { output } = answer;
  const statusCode = statusOf(route, answer);
  const headers = answerHeadersOf(route, output);
  if (WITHOUT_BODY.has(statusCode)) return { statusCode, ...(Object.keys(headers).length > 0 && { headers }) };
  if (route.rawAnswer !== undefined) {
    const body = (output as Record<string, string>)[route.rawAnswer] ?? '';
    return { statusCode, headers: { ...RAW, ...headers }, body, isBase64Encoded: true };
  }
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      ...(route.location && { location: filledIn(route.location, output) }),
      ...headers,
    },
    body: JSON.stringify(output),
  };
}

/** A path with the fields of the output in their places. */
const filledIn = (path: string, output: unknown): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, field: string) => String((output as Record<string, unknown>)[field]));

const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);
/** Whatever an agent has made, a browser shows none of it as a page of ours. */
const RAW = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };

function statusOf(route: Route, { existed, partial, unmodified }: Answer<unknown>): number {
  const { status, statusIfExisted, statusIfPartial, statusIfUnmodified } = route;
  return (existed && statusIfExisted) || (partial && statusIfPartial) || (unmodified && statusIfUnmodified) || status;
}

function answerHeadersOf({ answerHeaders = {} }: Route, output: unknown): Record<string, string> {
  const values = (output ?? {}) as Record<string, string | undefined>;
  return Object.fromEntries(
    Object.entries(answerHeaders).flatMap(([header, field]) => {
      const value = values[field];
      return value === undefined ? [] : [[header, value]];
    }),
  );
}

/** RFC 9110, 15.5.17. */
const rangeOfAll = (size: number) => ({ 'content-range': `bytes */${size}` });

/** RFC 9457. The error's own words and details, never its cause. */
export function problem(error: SessionManagerError, requestId: string): HttpResult {
  const { code, details } = error;
  const body = problemOf(error, requestId);
  const retryAfter = retryAfterOf(code);
  return {
    statusCode: body.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(code === 'RANGE_NOT_SATISFIABLE' && typeof details.size === 'number' && rangeOfAll(details.size)),
    },
    body: JSON.stringify(body),
  };
}
