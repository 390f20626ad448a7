import type * as z from 'zod';
import type { Caller } from '../identity.ts';
import type { SessionManagerV2 } from '../session-manager.ts';

/** The functions: operations that need the same surroundings share one. */
export const GROUPS = ['lifecycle', 'workspace', 'records', 'mcp', 'access', 'cleanup'] as const;
export type Group = (typeof GROUPS)[number];

/** What an operation runs with. */
export interface OperationContext {
  /** Acts under the rules for `caller`. */
  manager: SessionManagerV2;
  caller: Caller;
  /** Aborts when the function must answer. */
  signal: AbortSignal;
}

/**
 * What an operation answers; `existed`: it found what it would have created; `partial`: it gives or has a part only;
 * `unmodified`: the caller has it already.
 */
export interface Answer<Output> {
  output: Output;
  existed?: boolean;
  partial?: boolean;
  unmodified?: boolean;
}

/** One thing that callers can ask for, through whichever door. */
export interface Operation<Input, Output = unknown> {
  group: Group;
  /** `anyone`: needs no caller. Everything finer is the manager's. */
  access: 'anyone' | 'caller';
  input: z.ZodType<Input>;
  run(input: Input, context: OperationContext): Promise<Answer<Output>>;
}

/** An operation whose input is known only to its own schema. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `unknown` would refuse every operation, `never` every call
export type AnyOperation = Operation<any>;

/** Lets TypeScript infer an operation's types from its schema. */
export const operation = <Input, Output>(definition: Operation<Input, Output>): Operation<Input, Output> => definition;
