import type { OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { routes, type Route } from '../../lib/api/routes.ts';
import type { Actor, Reply } from './door.ts';

export interface HttpRequest {
  route: Route;
  pathParameters: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string | undefined;
}

/** The same flat input, laid out as the operation's route wants it. A field that it has no place for fails the test. */
export function httpRequest(operation: OperationName, actor: Actor, input: Record<string, unknown>): HttpRequest {
  const route = routes.find((candidate) => candidate.operation === operation);
  if (!route) throw new Error(`no route for ${operation}`);
  const { pathParameters, query, headers, body } = layOut(route, input);
  return {
    route,
    pathParameters,
    query,
    headers: {
      'x-user-id': encodeURIComponent(actor.userId),
      'x-org-id': encodeURIComponent(actor.orgId),
      ...(actor.role && { 'x-role': actor.role }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

function layOut(route: Route, input: Record<string, unknown>) {
  const pathParameters: Record<string, string> = {};
  const query: Record<string, string> = {};
  const headers: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(input)) {
    if (route.path.includes(`{${field}}`)) pathParameters[field] = String(value);
    else if (route.query && field in route.query) query[field] = String(value);
    else if (route.headers?.[field]) headers[route.headers[field]] = String(value);
    else if (route.body) body[field] = value;
    else throw new Error(`${route.operation} has no place for ${field}`);
  }
  return { pathParameters, query, headers, body: route.body && body };
}

/** RFC 9457, with what this API adds. */
interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  requestId: string;
  [more: string]: unknown;
}

export function replyOf(route: Route, status: number, body: string): Reply {
  if (status >= 400) {
    const { type, title, status: told, code, detail, requestId, ...details } = JSON.parse(body) as Problem;
    if (told !== status || !type || !title || !requestId) throw new Error(`not a problem document: ${body}`);
    return { ok: false, code, message: detail, details };
  }
  if (status !== route.status && status !== route.statusIfExisted) throw new Error(`unexpected status ${status}`);
  const output: unknown = status === 204 ? null : JSON.parse(body);
  return { ok: true, output, ...(route.statusIfExisted && { existed: status === route.statusIfExisted }) };
}
