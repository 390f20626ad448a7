import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { operations } from '../../lib/api/operations.ts';
import { routeKey, servedRoutes } from '../../lib/api/routes.ts';
import type { Services } from '../../lib/api/door-services.ts';

/** As Lambda makes it; `remainingMs` is what the function has left. */
export const lambdaContext = (remainingMs = 29_000): Context =>
  ({ awsRequestId: randomUUID(), getRemainingTimeInMillis: () => remainingMs }) as unknown as Context;

export interface EventParts {
  headers?: Record<string, string>;
  pathParameters?: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  /** The query as it was sent, where that is not what its parameters would be written as. */
  rawQueryString?: string;
  body?: string;
  isBase64Encoded?: boolean;
  claims?: Record<string, unknown>;
}

/** A payload format 2.0 event as API Gateway sends it, with the fields that it always has. */
export function httpEvent(key: string, { claims, ...parts }: EventParts = {}) {
  const [method = '', path = ''] = key.split(' ');
  return {
    version: '2.0',
    routeKey: key,
    rawPath: path,
    rawQueryString: new URLSearchParams(parts.queryStringParameters).toString(),
    headers: {},
    isBase64Encoded: false,
    ...parts,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.execute-api.us-east-1.amazonaws.com',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: randomUUID(),
      routeKey: key,
      stage: '$default',
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
  };
}

/** Sends the event to the function that serves its route. */
export async function send(services: Services, key: string, parts: EventParts = {}): Promise<HttpResult> {
  const route = servedRoutes.find((candidate) => routeKey(candidate) === key);
  if (!route) throw new Error(`no route ${key}`);
  const handler = lambdaHandler(operations[route.operation].function, () => services);
  return (await handler(httpEvent(key, parts), lambdaContext())) as HttpResult;
}

export const parsed = ({ body }: HttpResult) => JSON.parse(body ?? 'null') as Record<string, unknown>;
