import type { ApiFunction } from '../../../lib/operations/operation.ts';
import type { Deployment } from './deployment.ts';
import { gatewayEvent } from './gateway-event.ts';

export interface HttpAnswer {
  statusCode: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface SessionInfo {
  id: string;
  userId: string;
  orgId: string;
  workspacePath: string;
  metadata: Record<string, string>;
}

export const START_MS = 600_000;

/** A request of API Gateway to a function of the deployment. */
export async function http(
  deployment: Deployment,
  group: ApiFunction,
  routeKey: string,
  request: Parameters<typeof gatewayEvent>[1],
): Promise<HttpAnswer> {
  const outcome = await deployment.of(group).instance.invoke(gatewayEvent(routeKey, request));
  if (!('answer' in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.answer as HttpAnswer;
}

export async function created(deployment: Deployment, input: object): Promise<SessionInfo> {
  const invocation = { operation: 'createSession', input: { orgId: 'acme', ...input } };
  const outcome = await deployment.of('lifecycle').instance.invoke(invocation);
  return (outcome as { answer: { output: SessionInfo } }).answer.output;
}

export const bodyOf = <T>({ body = '' }: HttpAnswer): T => JSON.parse(body) as T;
