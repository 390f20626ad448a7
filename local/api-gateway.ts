import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import pTimeout from 'p-timeout';
import type { HttpEvent } from '../lib/api/http-event.ts';
import type { HttpResult } from '../lib/api/http-handler.ts';
import { operations } from '../lib/api/operations.ts';
import { routeKey, routes, type NamedRoute } from '../lib/api/routes.ts';
import { invoke } from './functions.ts';

const GATEWAY_MS = 30_000;
/** Bodies of these content types travel as text, all others in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)\b|application\/[\w.+-]+\+(json|xml)\b)/;

/** Serves the routes as API Gateway's HTTP API does: the same events in, the same answers out. */
export function serveRoutes(app: FastifyInstance): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => send(reply, await answer(route, request)),
    });
  }
}

async function answer(route: NamedRoute, request: FastifyRequest): Promise<HttpResult> {
  const { function: functionName } = operations[route.operation];
  try {
    return (await pTimeout(invoke(functionName, eventOf(route, request)), {
      milliseconds: GATEWAY_MS,
      fallback: () => ({ statusCode: 503, body: '{"message":"Service Unavailable"}' }),
    })) as HttpResult;
  } catch (thrown) {
    console.error(thrown);
    return { statusCode: 500, body: '{"message":"Internal Server Error"}' };
  }
}

function eventOf(
  route: NamedRoute,
  request: FastifyRequest,
): Omit<HttpEvent, 'requestContext'> & { requestContext: object } {
  const [rawPath = '', rawQueryString = ''] = request.raw.url?.split(/\?(.*)/s) ?? [];
  const body = request.body as Buffer | undefined;
  const isText = TEXT.test(request.headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey: routeKey(route),
    rawPath,
    rawQueryString,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    ),
    ...(rawQueryString !== '' && { queryStringParameters: joined(new URLSearchParams(rawQueryString)) }),
    pathParameters: request.params as Record<string, string>,
    ...(body?.length && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText && Boolean(body?.length),
    requestContext: {
      requestId: randomUUID(),
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: request.ip },
    },
  };
}

/** HTTP APIs join the values of a repeated parameter with commas. */
function joined(parameters: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]));
}

function send(
  reply: FastifyReply,
  { statusCode = 200, headers = {}, body, isBase64Encoded }: HttpResult,
): FastifyReply {
  reply.code(statusCode).headers({ 'content-type': 'application/json', ...headers });
  if (body === undefined) return reply.removeHeader('content-type').send();
  return reply.send(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}
