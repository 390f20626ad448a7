import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { handler as access } from '../functions/access.ts';
import { handler as cleanup } from '../functions/cleanup.ts';
import { handler as lifecycle } from '../functions/lifecycle.ts';
import { handler as mcp } from '../functions/mcp.ts';
import { handler as records } from '../functions/records.ts';
import { handler as workspace } from '../functions/workspace.ts';
import type { LambdaHandler } from '../lib/api/lambda-handler.ts';
import type { ApiFunction } from '../lib/operations/operation.ts';
import { streamHandler, type StreamHandler } from '../lib/api/stream-handler.ts';
import type { EventSink } from '../lib/telemetry/events/event-sink.ts';
import { streamServices } from '../lib/composition/session-events-function.ts';

/** The deployed functions, with the time that each has there (ms). */
export const functions: Readonly<Record<ApiFunction, { handler: LambdaHandler; timeoutMs: number }>> = {
  lifecycle: { handler: lifecycle, timeoutMs: 29_000 },
  workspace: { handler: workspace, timeoutMs: 29_000 },
  records: { handler: records, timeoutMs: 29_000 },
  mcp: { handler: mcp, timeoutMs: 29_000 },
  access: { handler: access, timeoutMs: 300_000 },
  cleanup: { handler: cleanup, timeoutMs: 900_000 },
};

/** `session-events`, whose events go here instead of to EventBridge. */
export const sessionEvents = (sink: EventSink): StreamHandler => streamHandler(streamServices(() => sink));

/** Calls a function as Lambda does. */
export async function invoke(functionName: ApiFunction, event: unknown): Promise<unknown> {
  const { handler, timeoutMs } = functions[functionName];
  const stopAt = performance.now() + timeoutMs;
  const context = {
    awsRequestId: randomUUID(),
    functionName,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(stopAt - performance.now())),
  };
  return handler(event, context as Context);
}
