import { handleInvocation, type InvocationResult } from '../../lib/api/invoke-handler.ts';
import type { Services } from '../../lib/api/door-services.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { OWNER } from './crash-world.ts';

export type Input = Record<string, unknown>;

/** As an operator, but for what only the owner of the session may do. */
export async function invoke(services: Services, operation: OperationName, input: Input): Promise<InvocationResult> {
  const { function: group } = operations[operation];
  const event = { operation, input, ...(operation === 'createToken' && { actor: OWNER }) };
  return handleInvocation(group, services, event, 'request', AbortSignal.timeout(20_000));
}

export async function done<T = unknown>(services: Services, operation: OperationName, input: Input): Promise<T> {
  const result = await invoke(services, operation, input);
  if (!result.ok) throw new Error(`${operation}: ${result.error.code} ${result.error.message}`);
  return result.output as T;
}

export async function mustBe(
  expected: ErrorCode,
  services: Services,
  operation: OperationName,
  input: Input,
): Promise<void> {
  const result = await invoke(services, operation, input);
  if (result.ok || result.error.code !== expected) throw new Error(`${operation} is ${JSON.stringify(result)}`);
}

export function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`found ${JSON.stringify(found)}`);
}
