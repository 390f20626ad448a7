import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { isKnownError } from '../../lib/api/client/error-of-code.ts';
import { asCaller } from '../../lib/api/client/http-caller.ts';
import { SessionManagerHttpClient } from '../../lib/api/client/http-client.ts';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import type { InvocationResult } from '../../lib/api/invoke-handler.ts';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import { routeKey, routes, tellsExisted } from '../../lib/api/routes.ts';
import { checkAnswer, checkRefusal } from './described.ts';
import type { Door, Reply } from './door.ts';
import { httpRequest, replyOf } from './http-request.ts';
import type { Services } from '../../lib/api/door-services.ts';

const context = (): Context =>
  ({ awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 29_000 }) as unknown as Context;

function handlersOf(services: Services) {
  return Object.fromEntries(API_FUNCTIONS.map((group) => [group, lambdaHandler(group, () => services)]));
}

/** API Gateway events at the handlers. */
export function handlerDoor(services: Services): Door {
  const handlers = handlersOf(services);
  return {
    async call(operation, actor, input) {
      const { route, pathParameters, query, headers, body } = httpRequest(operation, actor, input);
      const event = {
        version: '2.0',
        routeKey: routeKey(route),
        headers,
        pathParameters,
        ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
        body: Buffer.isBuffer(body) ? body.toString('base64') : body,
        isBase64Encoded: Buffer.isBuffer(body),
        requestContext: { requestId: randomUUID(), http: { method: route.method, sourceIp: '192.0.2.1' } },
      };
      const result = (await handlers[operations[operation].function]?.(event, context())) as HttpResult;
      return replyOf(route, {
        status: result.statusCode ?? 0,
        headers: Object.fromEntries(Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)])),
        body: Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'),
      });
    },
  };
}

/** Direct invocations at the handlers, whose events Lambda's runtime reads from JSON. */
export function directDoor(services: Services): Door {
  const handlers = handlersOf(services);
  return {
    async call(operation, actor, input) {
      const event: unknown = JSON.parse(JSON.stringify({ operation, actor, input }));
      const result = await handlers[operations[operation].function]?.(event, context());
      return replyOfInvocation(operation, result as InvocationResult);
    },
  };
}

/** Real HTTP at the one-machine server. */
export function httpDoor(baseUrl: string): Door {
  return {
    async call(operation, actor, input) {
      const { route, pathParameters, query, headers, body } = httpRequest(operation, actor, input);
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(pathParameters[name] ?? ''),
      );
      const search = new URLSearchParams(query).toString();
      const response = await fetch(`${baseUrl}${path}${search && `?${search}`}`, {
        method: route.method,
        headers,
        body,
      });
      return replyOf(route, {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: Buffer.from(await response.arrayBuffer()),
      });
    },
  };
}

/** The client of the API over HTTP at the one-machine server. */
export function httpClientDoor(baseUrl: string): Door {
  return {
    async call(operation, actor, input) {
      const client = new SessionManagerHttpClient({ url: baseUrl, authorize: [asCaller(actor)] });
      const calls = client as unknown as Record<string, (input: unknown) => Promise<unknown>>;
      try {
        const told = withoutExisted(operation, await calls[operation]?.(input));
        const { output } = told;
        // What headers tell is told less fully than in a body.
        const isInBody = !routes.some((route) => route.operation === operation && route.answerHeaders);
        if (output !== null && isInBody) checkAnswer(operation, output);
        return { ok: true, ...told };
      } catch (thrown) {
        if (!isKnownError(thrown)) throw thrown;
        const { code, message, details } = thrown;
        checkRefusal(operation, code);
        const { requestId, ...told } = details;
        // What no request can carry is refused by the client itself.
        if (!requestId && code !== 'VALIDATION')
          throw new Error(`${code} without the id of its request`, { cause: thrown });
        return { ok: false, code, message, details: told };
      }
    },
  };
}

/** The SDK's Lambda client at the one-machine server. */
export function lambdaClientDoor(baseUrl: string): Door {
  const client = new LambdaClient({
    endpoint: baseUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    async call(operation, actor, input) {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({
          FunctionName: operations[operation].function,
          Payload: Buffer.from(JSON.stringify({ operation, actor, input })),
        }),
      );
      if (FunctionError) throw new Error(FunctionError);
      return replyOfInvocation(operation, JSON.parse(Buffer.from(Payload ?? []).toString()) as InvocationResult);
    },
  };
}

/** HTTP says `existed` by the status, and so no description of an answer has it. */
function withoutExisted(operation: OperationName, output: unknown): { output: unknown; existed?: boolean } {
  if (!tellsExisted(operation) || 'received' in (output as object)) return { output };
  const { existed, ...others } = output as { existed: boolean };
  if (typeof existed !== 'boolean') throw new Error(`${operation} does not say whether there was something before`);
  return { output: Object.keys(others).length > 0 ? others : null, existed };
}

function replyOfInvocation(operation: OperationName, result: InvocationResult): Reply {
  if (result.ok) {
    const told = withoutExisted(operation, result.output);
    checkAnswer(operation, told.output);
    return { ok: true, ...told };
  }
  checkRefusal(operation, result.error.code);
  return { ok: false, ...result.error, details: { ...result.error.details } };
}
