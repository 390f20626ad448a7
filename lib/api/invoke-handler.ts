import * as z from 'zod/mini';
import { lazily, parseInput } from '../schemas.ts';
import { ValidationError, type ErrorCode } from '../errors.ts';
import { actorSchema, callerOfActor, ownFields } from './actor.ts';
import { checkAnswerSize } from './answer-size.ts';
import { operationNamed } from './operations.ts';
import type { Answer, AnyOperation, ApiFunction } from '../operations/operation.ts';
import { passedOn } from '../json/passed-on.ts';
import { invocationInput } from './invocation-input.ts';
import { perform, readRequest, errorForCaller } from './perform.ts';
import { tellsExisted } from './routes.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { Services } from './door-services.ts';

/** A direct invocation. Without an actor it is an operator's: that is what the permission to invoke means. */
const invocationSchema = lazily(() =>
  z.strictObject({
    operation: z.string(),
    input: z._default(passedOn(z.custom<Record<string, unknown> | string>()), {}),
    actor: z.optional(actorSchema()),
  }),
);

export type InvocationResult =
  | { ok: true; output: unknown }
  | { ok: false; error: { code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> } };

/** Answers `{ operation, input, actor? }` of one of the function's operations. */
export async function handleInvocation(
  functionName: ApiFunction,
  services: Services,
  event: unknown,
  requestId: string,
  signal: AbortSignal,
): Promise<InvocationResult> {
  let name = 'invocation';
  try {
    const origin = { requestId };
    const { invocation, operation } = await readRequest(services, origin, () => readInvocation(functionName, event));
    name = invocation.operation;
    return await perform(services, {
      operation,
      caller: () => (invocation.actor ? callerOfActor(invocation.actor) : { kind: 'operator' }),
      input: () => invocationInput(invocation.input),
      answer: (answer) => checkAnswerSize({ ok: true as const, output: outputOfAnswer(invocation.operation, answer) }),
      origin,
      signal,
    });
  } catch (thrown) {
    const { code, message, details } = errorForCaller(services.log, name, thrown);
    return { ok: false, error: { code, message, details } };
  }
}

/** The output, and whether it found what it would have created: HTTP says that by the status. */
function outputOfAnswer(operation: string, { output, existed = false, partial }: Answer<unknown>): unknown {
  return tellsExisted(operation) && !partial ? { ...(output as object | null), existed } : output;
}

/** The schedule's run of the cleanup. One that fails throws, so that its invocation counts as failed. */
export const handleSchedule = scheduledRun('cleanupInactiveSessions');

/** The schedule's daily comparison of what is stored, which changes nothing. It fails as a cleanup does. */
export const handleReconcile = scheduledRun('reconcile');

function scheduledRun(name: 'cleanupInactiveSessions' | 'reconcile') {
  return async (services: Services, requestId: string, signal: AbortSignal): Promise<unknown> => {
    try {
      return await perform(services, {
        operation: operationOf('cleanup', name),
        caller: () => ({ kind: 'schedule' }),
        input: () => ({}),
        answer: ({ output }) => output,
        origin: { requestId },
        signal,
      });
    } catch (thrown) {
      throw errorForCaller(services.log, name, thrown);
    }
  };
}

/** The schedule's run of the check of access points. It fails as a cleanup does. */
export async function handleAccessCheck(services: Services, requestId: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await services.accessCheck.run(signal, requestId);
  } catch (thrown) {
    throw errorForCaller(services.log, 'checkWorkspaceAccess', thrown);
  }
}

function readInvocation(functionName: ApiFunction, event: unknown) {
  const invocation = parseInput(invocationSchema(), invocationIn(event));
  return { invocation, operation: operationOf(functionName, invocation.operation) };
}

/** What the event itself says. An actor counts wherever it is found: one that is overlooked would be an operator. */
function invocationIn(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || !('actor' in event)) return ownFields(event);
  return { ...event, actor: ownFields(event.actor) };
}

function operationOf(functionName: ApiFunction, name: string): AnyOperation<SessionManager> {
  const operation = operationNamed(name);
  if (!operation) throw ValidationError.at('operation', 'is not a known operation');
  if (operation.function !== functionName) {
    throw ValidationError.at('operation', `"${name}" is served by the function "${operation.function}"`);
  }
  return operation;
}
