import type { OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';

/** Who asks, as callers of the product would say it. */
export interface Actor {
  userId: string;
  orgId: string;
  role?: 'admin' | 'operator';
}

/** An answer without what only one door has. `existed`: as the door tells it, where it tells it. */
export type Reply =
  | { ok: true; output: unknown; existed?: boolean }
  | { ok: false; code: ErrorCode; message: string; details: Record<string, unknown> };

/** A way into the product. The same scenarios run through each. */
export interface Door {
  call(operation: OperationName, actor: Actor, input: Record<string, unknown>): Promise<Reply>;
}

/** The output of a call that must go well. */
export async function ok<T>(reply: Promise<Reply>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(`refused with ${answer.code}: ${answer.message}`);
  return answer.output as T;
}

/** The code of a call that must be refused. */
export async function refusal(reply: Promise<Reply>): Promise<ErrorCode> {
  const answer = await reply;
  if (answer.ok) throw new Error(`went well: ${JSON.stringify(answer.output)}`);
  return answer.code;
}
