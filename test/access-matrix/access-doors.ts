import { expect } from '@jest/globals';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import type { InvocationResult } from '../../lib/api/invoke-handler.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import { agentRoutes, routeKey, routes, servedRoutes, type NamedRoute } from '../../lib/api/routes.ts';
import { lambdaContext, send } from '../api/lambda-events.ts';
import { httpRequest } from '../contracts/http-request.ts';
import type { Actor } from '../contracts/door.ts';
import { isAgent, type CallerName } from './callers.ts';
import type { Services } from '../../lib/api/door-services.ts';

/** An answer in full, as it would travel, without the request's id. */
export interface Told {
  ok: boolean;
  status?: number | undefined;
  code?: string | undefined;
  text: string;
}

export interface AccessDoor {
  /** Who can come in by it, and how requests without a route are asked. */
  admits(caller: CallerName, hasRoute: boolean): boolean;
  ask(
    operation: OperationName,
    actor: Actor | undefined,
    input: Record<string, unknown>,
    token?: string,
  ): Promise<Told>;
}

const NOBODY: Actor = { userId: '', orgId: '' };
/** What a caller could claim to be, where the gateway has checked a token instead. */
const FORGED = { 'x-user-id': 'ada', 'x-org-id': 'acme', 'x-role': 'operator' };

const FORGED_CLAIMS = { sub: 'ada', org: 'acme', groups: '[operator]' };

export const accessDoors = {
  'HTTP with identity headers': (services: Services) => httpDoor(services, () => ({}), { identityHeaders: true }),

  'HTTP with a verified token, and forged identity headers': (services: Services) =>
    httpDoor(
      { ...services, config: { ...services.config, authMode: 'jwt', jwtOrgClaim: 'org', jwtRoleClaim: 'groups' } },
      (actor) => ({
        headers: FORGED,
        ...(actor && {
          claims: { sub: actor.userId, org: actor.orgId, groups: `[staff ${actor.role ?? 'co-operator'}]` },
        }),
      }),
      { identityHeaders: false },
    ),

  'direct invocation': (services: Services): AccessDoor => ({
    admits: (caller) => caller !== 'none' && !isAgent(caller),
    async ask(operation, actor, input) {
      const handler = lambdaHandler(operations[operation].function, () => services);
      const result = (await handler({ operation, input, actor }, lambdaContext())) as InvocationResult;
      return { ok: result.ok, code: result.ok ? undefined : result.error.code, text: JSON.stringify(result) };
    },
  }),
};

function httpDoor(
  services: Services,
  identity: (actor: Actor | undefined) => { headers?: Record<string, string>; claims?: Record<string, unknown> },
  { identityHeaders }: { identityHeaders: boolean },
): AccessDoor {
  return {
    admits: (caller, hasRoute) => hasRoute && caller !== 'invoker',
    async ask(operation, actor, input, token) {
      const laidOut = httpRequest(operation, actor ?? NOBODY, input);
      const { headers, pathParameters, query, body } = laidOut;
      const ofAgent = token === undefined ? undefined : agentRoutes.find((route) => route.operation === operation);
      const route = ofAgent ?? laidOut.route;
      if (!actor || !identityHeaders) for (const name of Object.keys(FORGED)) delete headers[name];
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
      // By a route of agents they say in vain who is calling.
      const { headers: more, claims } = ofAgent ? { headers: FORGED, claims: FORGED_CLAIMS } : identity(actor);
      const parts = {
        headers: { ...headers, ...more },
        pathParameters,
        queryStringParameters: query,
        ...(body !== undefined && { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
        ...(claims && { claims }),
      };
      const answer = await send(services, routeKey(route), parts);
      const { statusCode = 0, headers: answered = {}, body: text = '', isBase64Encoded } = answer;
      const told = isBase64Encoded ? Buffer.from(text, 'base64').toString() : text;
      if (route.method === 'HEAD') return toldToHead(answer);
      if (servesHead(route)) await checkHead(route, answer, (key) => send(services, key, parts));
      const isProblem = answered['content-type'] === 'application/problem+json';
      const { code, requestId } = isProblem ? (JSON.parse(told) as { code: string; requestId: string }) : {};
      const whole = `${statusCode} ${JSON.stringify(answered)} ${requestId ? told.replace(requestId, '') : told}`;
      return { ok: statusCode < 400, status: statusCode, code, text: whole };
    },
  };
}

const without = (headers: HttpResult['headers'] = {}, ...names: string[]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

/** What an answer to HEAD tells: all of it is in headers. */
function toldToHead({ statusCode = 0, headers = {}, body }: HttpResult): Told {
  const others = without(headers, 'request-id');
  expect(body).toBeUndefined();
  return {
    ok: statusCode < 400,
    status: statusCode,
    code: headers['error-code'],
    text: `${statusCode} ${JSON.stringify(others)}`,
  };
}

const servesHead = ({ operation, path }: NamedRoute): boolean =>
  servedRoutes.some((route) => route.method === 'HEAD' && route.path === path && route.operation === operation);

/** HEAD for whoever has asked with GET: the same answer, and so the same access. */
async function checkHead(route: NamedRoute, got: HttpResult, ask: (key: string) => Promise<HttpResult>): Promise<void> {
  const { statusCode, headers, body } = await ask(`HEAD ${route.path}`);
  const { 'error-code': code, 'content-length': length } = headers ?? {};
  const others = without(headers, 'error-code', 'request-id', 'content-length');
  expect({ statusCode, headers: others, body }).toEqual({
    statusCode: got.statusCode,
    headers: got.headers,
    body: undefined,
  });
  expect(length).toMatch(/^\d+$/);
  if (code !== undefined) expect(JSON.parse(got.body ?? '')).toMatchObject({ code });
}

export function routeOf(operation: OperationName): NamedRoute | undefined {
  return routes.find((route) => route.operation === operation);
}
