import type * as z from 'zod/mini';
import type { Caller } from '../identity.ts';
import { lazily } from '../schemas.ts';
import type { SessionManagerV2 } from '../sessions/session-manager.ts';

/** The functions: operations that need the same surroundings share one. */
export const API_FUNCTIONS = ['lifecycle', 'workspace', 'records', 'mcp', 'access', 'cleanup'] as const;
export type ApiFunction = (typeof API_FUNCTIONS)[number];

/** What an operation runs with that needs no caller. */
interface OpenContext {
  /** Aborts when the function must answer. */
  signal: AbortSignal;
  /** Gives the OpenAPI document, in the function that has it. */
  describeApi?: (() => Promise<object>) | undefined;
}

/** What an operation of a caller runs with. */
interface CallerContext {
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

/** What every operation has. `Sent`: its input before defaults are filled in. */
interface Row<Input, Sent> {
  function: ApiFunction;
  readonly input: z.ZodMiniType<Input, Sent>;
}

/** Needs no caller, and has no manager to do anything with. */
export interface OpenOperation<Input, Output, Sent> extends Row<Input, Sent> {
  access: 'anyone';
  run(input: Input, context: OpenContext): Promise<Answer<Output>>;
}

/** One thing that callers can ask for, through whichever door. Everything finer than who comes by a door is the manager's. */
export interface CallerOperation<Input, Output, Sent> extends Row<Input, Sent> {
  access: 'caller';
  run(input: Input, context: CallerContext): Promise<Answer<Output>>;
}

/** The kinds of callers that may ask for an operation, by its access. A kind that is not named is refused. */
export const ADMITTED: Readonly<Record<'caller', readonly Caller['kind'][]>> = {
  caller: ['user', 'admin', 'operator', 'schedule'],
};

/** An operation whose input is known only to its own schema. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `unknown` would refuse every operation, `never` every call
export type AnyOperation = OpenOperation<any, unknown, unknown> | CallerOperation<any, unknown, unknown>;

type Definition<T extends Row<Input, Sent>, Input, Sent> = Omit<T, 'input'> & {
  input: () => z.ZodMiniType<Input, Sent>;
};

/** Lets TypeScript infer an operation's types from its schema, which is made when it is first read. */
export function operation<Input, Output, Sent>({
  input,
  ...row
}: Definition<CallerOperation<Input, Output, Sent>, Input, Sent>): CallerOperation<Input, Output, Sent> {
  return withSchema(row, input);
}

/** The same for an operation that needs no caller. */
export function openOperation<Input, Output, Sent>({
  input,
  ...row
}: Definition<OpenOperation<Input, Output, Sent>, Input, Sent>): OpenOperation<Input, Output, Sent> {
  return withSchema(row, input);
}

function withSchema<T extends object, Schema>(row: T, input: () => Schema): T & { readonly input: Schema } {
  const schema = lazily(input);
  return {
    ...row,
    get input() {
      return schema();
    },
  };
}
