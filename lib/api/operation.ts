import type * as z from 'zod/mini';
import type { Caller } from '../identity.ts';
import { lazily } from '../schemas.ts';
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
  /** Gives the OpenAPI document, in the function that has it. */
  describeApi?: (() => Promise<object>) | undefined;
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

/** One thing that callers can ask for, through whichever door. `Sent`: its input before defaults are filled in. */
export interface Operation<Input, Output = unknown, Sent = unknown> {
  group: Group;
  /** `anyone`: needs no caller. Everything finer is the manager's. */
  access: 'anyone' | 'caller';
  readonly input: z.ZodMiniType<Input, Sent>;
  run(input: Input, context: OperationContext): Promise<Answer<Output>>;
}

/** An operation whose input is known only to its own schema. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `unknown` would refuse every operation, `never` every call
export type AnyOperation = Operation<any>;

type Definition<Input, Output, Sent> = Omit<Operation<Input, Output, Sent>, 'input'> & {
  input: () => z.ZodMiniType<Input, Sent>;
};

/** Lets TypeScript infer an operation's types from its schema, which is made when it is first read. */
export function operation<Input, Output, Sent>({
  group,
  access,
  input,
  run,
}: Definition<Input, Output, Sent>): Operation<Input, Output, Sent> {
  const schema = lazily(input);
  return {
    group,
    access,
    run,
    get input() {
      return schema();
    },
  };
}
