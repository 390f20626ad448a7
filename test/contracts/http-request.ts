import type { OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { routes, type NamedRoute } from '../../lib/api/routes.ts';
import { checkAnswer, checkRefusal } from './described.ts';
import type { Actor, Reply } from './door.ts';

export interface HttpRequest {
  route: NamedRoute;
  pathParameters: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  /** JSON, or the bytes themselves. */
  body: string | Buffer | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
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
      ...(body !== undefined && { 'content-type': contentTypeOf(route, input) }),
      ...headers,
    },
    body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  };
}

function contentTypeOf({ rawBody, contentTypes = {} }: NamedRoute, input: Record<string, unknown>): string {
  const [, own] = Object.entries(contentTypes).find(([field]) => input[field] === true) ?? [];
  return own ?? (rawBody ? 'application/octet-stream' : 'application/json');
}

function layOut(route: NamedRoute, input: Record<string, unknown>) {
  const pathParameters: Record<string, string> = {};
  const query: Record<string, string> = {};
  const headers: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(input)) {
    if (route.path.includes(`{${field}}`)) pathParameters[field] = String(value);
    else if (route.query && field in route.query) query[field] = String(value);
    else if (route.headers?.[field]) headers[route.headers[field]] = String(value);
    else if (route.contentTypes?.[field]) continue;
    else if (route.body || route.rawBody === field) body[field] = value;
    else throw new Error(`${route.operation} has no place for ${field}`);
  }
  const raw = route.rawBody && body[route.rawBody];
  if (typeof raw === 'string') return { pathParameters, query, headers, body: Buffer.from(raw, 'base64') };
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

export function replyOf(route: NamedRoute, { status, headers, body }: HttpAnswer): Reply {
  if (status >= 400 && route.method === 'HEAD') {
    const code = headers['error-code'] as ErrorCode;
    checkRefusal(route.operation, code);
    if (body.length > 0 || !headers['request-id']) throw new Error(`no answer to HEAD: ${JSON.stringify(headers)}`);
    return { ok: false, code, message: '', details: {} };
  }
  if (status >= 400) {
    const text = body.toString();
    const { type, title, status: told, code, detail, requestId, ...details } = JSON.parse(text) as Problem;
    checkRefusal(route.operation, code);
    if (told !== status || !type || !title || !requestId) throw new Error(`not a problem document: ${text}`);
    return { ok: false, code, message: detail, details };
  }
  const { statusIfExisted, statusIfPartial, statusIfUnmodified } = route;
  const known = [route.status, statusIfExisted, statusIfPartial, statusIfUnmodified];
  if (!known.includes(status)) throw new Error(`unexpected status ${status}`);
  const told = Object.entries(route.answerHeaders ?? {}).flatMap(([header, field]) =>
    headers[header] === undefined ? [] : [[field, toldIn(header, headers[header])]],
  );
  const read = route.method === 'HEAD' || [204, 304].includes(status) ? null : outputOf(route, body);
  if (read !== null && !route.rawAnswer) checkAnswer(route.operation, read);
  const output: unknown = told.length > 0 ? { ...read, ...(Object.fromEntries(told) as object) } : read;
  return { ok: true, output, ...(statusIfExisted && { existed: status === statusIfExisted }) };
}

const toldIn = (header: string, text: string): string | number =>
  header === 'content-length' ? Number(text) : header === 'last-modified' ? new Date(text).toISOString() : text;

function outputOf({ rawAnswer }: NamedRoute, body: Buffer): object | null {
  return rawAnswer ? { [rawAnswer]: body.toString('base64') } : (JSON.parse(body.toString()) as object | null);
}
