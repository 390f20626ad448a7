import type { Context } from 'aws-lambda';
import { isHttpEvent } from './http-event.ts';
import { handleHttp } from './http-handler.ts';
import { handleAccessCheck, handleInvocation, handleReconcile, handleSchedule } from './invoke-handler.ts';
import type { ApiFunction } from '../operations/operation.ts';
import { PING_EVENT, RECONCILE_EVENT, SCHEDULED_EVENT } from './scheduled-event.ts';
import type { Services } from './door-services.ts';

export type LambdaHandler = (event: unknown, context: Context) => Promise<unknown>;

/** The gateway gives up after 30 s; what works until the signal still has to answer. */
const HTTP_MS = 20_000;
/** Kept back from a function's own time, to finish the step that is under way. */
const MARGIN_MS = 5_000;
const LONG_RUN_MARGIN_MS = 30_000;

/** Does nothing but start: AWS removes the network of a function in a VPC that has no calls for weeks. */
const answerPing: typeof handleSchedule = () => Promise.resolve({ status: 'ok' });

/** What a function does when its schedules call, by what they send. */
const scheduled: Partial<Record<ApiFunction, Readonly<Record<string, typeof handleSchedule>>>> = {
  lifecycle: { [PING_EVENT['detail-type']]: answerPing },
  workspace: { [PING_EVENT['detail-type']]: answerPing },
  cleanup: {
    [SCHEDULED_EVENT['detail-type']]: handleSchedule,
    [RECONCILE_EVENT['detail-type']]: handleReconcile,
  },
  access: { [SCHEDULED_EVENT['detail-type']]: handleAccessCheck },
};

/** The handler of a function: HTTP through API Gateway, the schedule, or another Lambda that invokes it. */
export function lambdaHandler(functionName: ApiFunction, services: () => Services): LambdaHandler {
  return async (event, context) => {
    const remaining = context.getRemainingTimeInMillis();
    const requestId = context.awsRequestId;
    const run = scheduledRunOf(functionName, event);
    if (run) return run(services(), requestId, stopAfter(remaining - LONG_RUN_MARGIN_MS));
    const isHttp = isHttpEvent(event);
    const most = isHttp ? HTTP_MS : Math.max(HTTP_MS, remaining - LONG_RUN_MARGIN_MS);
    const signal = stopAfter(Math.min(most, remaining - MARGIN_MS));
    if (isHttp) return handleHttp(functionName, services(), event, signal);
    return handleInvocation(functionName, services(), event, requestId, signal);
  };
}

const stopAfter = (ms: number): AbortSignal => AbortSignal.timeout(Math.max(0, ms));

function scheduledRunOf(functionName: ApiFunction, event: unknown): typeof handleSchedule | undefined {
  const runs = Object.entries(scheduled[functionName] ?? {});
  const type = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)['detail-type'] : '';
  return runs.find(([name]) => name === type)?.[1];
}
