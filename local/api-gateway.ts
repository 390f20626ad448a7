import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import pTimeout from 'p-timeout';
import type { HttpEvent } from '../lib/api/http-event.ts';
import type { HttpResult } from '../lib/api/http-answer/http-result.ts';
import { operations } from '../lib/api/operations.ts';
import { routeKey, servedRoutes, type NamedRoute } from '../lib/api/routes.ts';
import { invoke } from './functions.ts';
import { TokenRefused, type TokenVerifier } from './jwt/token-verifier.ts';
import { sendResult } from './send-result.ts';

const GATEWAY_MS = 30_000;
/** Bodies of these content types travel as text, all others, also those without one, in base64. */
const TEXT = /^\s*(text\/[^;]*|application\/(json|javascript|xml))\s*(;|$)/i;

/** Serves the routes as API Gateway's HTTP API does: the same events in, the same answers out. `verifier` is for tokens. */
export function serveRoutes(app: FastifyInstance, verifier?: TokenVerifier): void {
  for (const route of servedRoutes) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => sendResult(reply, await answer(route, request, verifier)),
    });
  }
}

async function answer(route: NamedRoute, request: FastifyRequest, verifier?: TokenVerifier): Promise<HttpResult> {
  const { function: functionName, access } = operations[route.operation];
  try {
    const headers = headersOf(request);
    const claims = access === 'anyone' ? undefined : await verifier?.claimsOf(headers.authorization);
    return (await pTimeout(invoke(functionName, eventOf(route, request, headers, claims)), {
      milliseconds: GATEWAY_MS,
      fallback: () => ({ statusCode: 503, body: '{"message":"Service Unavailable"}' }),
    })) as HttpResult;
  } catch (thrown) {
    if (thrown instanceof TokenRefused) return thrown.answer;
    console.error(thrown);
    return { statusCode: 500, body: '{"message":"Internal Server Error"}' };
  }
}

function eventOf(
  route: NamedRoute,
  request: FastifyRequest,
  headers: Record<string, string>,
  claims: Record<string, string> | undefined,
): Omit<HttpEvent, 'requestContext'> & { requestContext: object } {
  const [rawPath = '', rawQueryString = ''] = request.raw.url?.split(/\?(.*)/s) ?? [];
  const body = request.body as Buffer | undefined;
  const isText = TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: routeKey(route),
    rawPath,
    rawQueryString,
    headers,
    ...(rawQueryString !== '' && { queryStringParameters: joined(new URLSearchParams(rawQueryString)) }),
    pathParameters: request.params as Record<string, string>,
    ...(body?.length && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText && Boolean(body?.length),
    requestContext: {
      requestId: randomUUID(),
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: request.ip },
    },
  };
}

/** HTTP APIs join the values of a repeated header with commas. Node's own reading drops some, and puts a space between. */
export function headersOf({ raw }: FastifyRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(raw.headersDistinct).map(([name, values = []]) => [name, values.join(',')]));
}

/** The same of a repeated parameter. */
function joined(parameters: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]));
}
