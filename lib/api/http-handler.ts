import { checkAnswerSize } from './answer-size.ts';
import { agentTokenOf, callerOfEvent } from './caller-of-event.ts';
import { answerOfOutput } from './http-answer/answer-of-output.ts';
import { answerToHead, refusalToHead } from './http-answer/answer-to-head.ts';
import type { HttpResult } from './http-answer/http-result.ts';
import { problemAnswer } from './http-answer/problem-answer.ts';
import type { HttpEvent } from './http-event.ts';
import { inputOfEvent } from './http-request/input-of-event.ts';
import { operationNamed } from './operations.ts';
import type { Caller } from '../identity.ts';
import type { AnyOperation, ApiFunction } from '../operations/operation.ts';
import { perform, readRequest, errorForCaller } from './perform.ts';
import { routeKey, servedRoutes, type NamedRoute } from './routes.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { Services } from './door-services.ts';

const byRouteKey = new Map(servedRoutes.map((route) => [routeKey(route), route]));

/** Answers an API Gateway event (payload format 2.0) of one of the function's routes. */
export async function handleHttp(
  functionName: ApiFunction,
  services: Services,
  event: HttpEvent,
  signal: AbortSignal,
): Promise<HttpResult> {
  const { requestId, http } = event.requestContext;
  const isHead = event.routeKey.startsWith('HEAD ');
  try {
    const origin = { requestId, sourceIp: http.sourceIp };
    const { route, operation } = await readRequest(services, origin, () => routeOf(functionName, event));
    const answer = await perform(services, {
      operation,
      caller: () => callerOf(route, event, services),
      agentNeeds: route.from === 'agent' ? route.agent : undefined,
      input: (caller) => ({ ...inputOfEvent(route, event), ...sessionOf(caller) }),
      answer: (answer) => checkAnswerSize(answerOfOutput(route, answer, operation.access === 'caller')),
      origin,
      signal,
    });
    return isHead ? answerToHead(answer) : answer;
  } catch (thrown) {
    const route = byRouteKey.get(event.routeKey);
    const error = errorForCaller(services.log, route?.operation ?? event.routeKey, thrown);
    const answer = problemAnswer(error, requestId, route?.from === 'agent' ? 'agent' : services.config.authMode);
    return isHead ? refusalToHead(answer, error.code, requestId) : answer;
  }
}

/** The route says where its caller comes from, and there is no second place to look. */
const callerOf = (route: NamedRoute, event: HttpEvent, { agents, config }: Services): Caller | Promise<Caller> =>
  route.from === 'agent' ? agents.callerOf(agentTokenOf(event)) : callerOfEvent(event, config);

/** The one session that an agent can name, whatever the request says. */
const sessionOf = (caller: Caller | undefined) => (caller?.kind === 'agent' ? { sessionId: caller.sessionId } : {});

function routeOf(
  functionName: ApiFunction,
  event: HttpEvent,
): { route: NamedRoute; operation: AnyOperation<SessionManager> } {
  const route = byRouteKey.get(event.routeKey);
  const operation = route && operationNamed(route.operation);
  if (operation?.function !== functionName) throw new Error(`function ${functionName} has no route ${event.routeKey}`);
  return { route: route as NamedRoute, operation };
}
