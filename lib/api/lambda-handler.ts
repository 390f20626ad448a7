import type { Context } from 'aws-lambda';
import type { Services } from '../services.ts';
import type { HttpEvent } from './caller-of-event.ts';
import { httpEventSchema } from './http-event.ts';
import { handleHttp } from './http-handler.ts';
import { handleAccessCheck, handleInvocation, handleSchedule } from './invoke-handler.ts';
import type { Group } from './operation.ts';
import { SCHEDULED_EVENT } from './scheduled-event.ts';

export type LambdaHandler = (event: unknown, context: Context) => Promise<unknown>;

/** The gateway gives up after 30 s; what works until the signal still has to answer. */
const HTTP_MS = 20_000;
/** Kept back from a function's own time, to finish the step that is under way. */
const MARGIN_MS = 5_000;
const SCHEDULE_MARGIN_MS = 30_000;

/** What a group's function does when its schedule calls. */
const scheduled: Partial<Record<Group, typeof handleSchedule>> = { cleanup: handleSchedule, access: handleAccessCheck };

/** The handler of a function: HTTP through API Gateway, the schedule, or another Lambda that invokes it. */
export function lambdaHandler(group: Group, services: () => Services): LambdaHandler {
  return async (event, context) => {
    const remaining = context.getRemainingTimeInMillis();
    const requestId = context.awsRequestId;
    const run = isScheduled(event) ? scheduled[group] : undefined;
    if (run) return run(services(), requestId, stopAfter(remaining - SCHEDULE_MARGIN_MS));
    const signal = stopAfter(Math.min(HTTP_MS, remaining - MARGIN_MS));
    if (isHttp(event)) return handleHttp(group, services(), event, signal);
    return handleInvocation(group, services(), event, requestId, signal);
  };
}

const stopAfter = (ms: number): AbortSignal => AbortSignal.timeout(Math.max(0, ms));

/** API Gateway, payload format 2.0. Only the gateway and those who may invoke the function can send one. */
const isHttp = (event: unknown): event is HttpEvent => httpEventSchema.safeParse(event).success;

function isScheduled(event: unknown): boolean {
  return has(event, 'detail-type', SCHEDULED_EVENT['detail-type']);
}

function has(event: unknown, field: string, value: string): event is Record<string, unknown> {
  return typeof event === 'object' && event !== null && (event as Record<string, unknown>)[field] === value;
}
