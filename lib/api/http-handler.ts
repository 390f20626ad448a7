import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { SessionManagerError } from '../errors.ts';
import { checkAnswerSize } from './answer-size.ts';
import { callerOfEvent } from './caller-of-event.ts';
import type { HttpEvent } from './http-event.ts';
import { inputOfEvent } from './http-request/input-of-event.ts';
import { operationNamed } from './operations.ts';
import type { Answer, AnyOperation, ApiFunction } from '../operations/operation.ts';
import { perform, readRequest, errorForCaller } from './perform.ts';
import { problemOf } from './problem.ts';
import type { Route } from '../operations/route.ts';
import { routeKey, routes, type NamedRoute } from './routes.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { Services } from './door-services.ts';

export type HttpResult = APIGatewayProxyStructuredResultV2;

const RETRY_AFTER_SECONDS = '1';
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
      name: route.operation,
      operation,
      caller: () => callerOfEvent(event, services.config),
      input: () => inputOfEvent(route, event),
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
  return {
    statusCode: body.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(code === 'CONTENTION' && { 'retry-after': RETRY_AFTER_SECONDS }),
      ...(code === 'UNSUPPORTED_MEDIA_TYPE' && { 'accept-encoding': 'identity' }),
      ...(code === 'RANGE_NOT_SATISFIABLE' && typeof details.size === 'number' && rangeOfAll(details.size)),
    },
    body: JSON.stringify(body),
  };
}
