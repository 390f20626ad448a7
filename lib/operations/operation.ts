import type * as z from 'zod/mini';
import type { Caller } from '../identity.ts';
import { lazily } from '../lazily.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';

/** The functions that carry out operations: those that need the same surroundings share one. */
export const API_FUNCTIONS = ['lifecycle', 'workspace', 'records', 'mcp', 'access', 'cleanup'] as const;
export type ApiFunction = (typeof API_FUNCTIONS)[number];

/** What an operation that needs no caller runs with. */
interface OpenContext {
  /** Aborts when the function must answer. */
  signal: AbortSignal;
  /** Gives the OpenAPI document, in the function that has it. */
  describeApi?: (() => Promise<object>) | undefined;
}

/** What an operation of a caller runs with. `Manager`: what it uses of the session manager. */
interface CallerContext<Manager> {
  /** Acts under the rules for `caller`. */
  manager: Manager;
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

/** What a caller can request, by whichever entry point. Everything finer than the kind of the caller is the manager's. */
export interface CallerOperation<Input, Output, Sent, Manager> extends Row<Input, Sent> {
  access: 'caller';
  /** Its events in the audit log. */
  audit: AuditRow;
  // A property, not a method: TypeScript compares the parameters of methods loosely.
  run: (input: Input, context: CallerContext<Manager>) => Promise<Answer<Output>>;
}

/**
 * The kinds of callers that may request an operation, by its access. A kind that is not named is refused. Of agents the route
 * says more (`Route.agent`).
 */
export const ADMITTED: Readonly<Record<'caller', readonly Caller['kind'][]>> = {
  caller: ['user', 'admin', 'operator', 'agent', 'schedule'],
};

/** An operation whose input is known only to its own schema. */
export type AnyOperation<Manager = never> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- `unknown` would refuse every operation, `never` every call
  OpenOperation<any, unknown, unknown> | CallerOperation<any, unknown, unknown, Manager>;

type Definition<T extends Row<Input, Sent>, Input, Sent> = Omit<T, 'input'> & {
  input: () => z.ZodMiniType<Input, Sent>;
};

/**
 * Operations of callers that use this much of the session manager. TypeScript infers an operation's types from its schema,
 * which is made when it is first read.
 */
export const operationOf =
  <Manager>() =>
  <Input, Output, Sent>({
    input,
    ...row
  }: Definition<CallerOperation<Input, Output, Sent, Manager>, Input, Sent>): CallerOperation<
    Input,
    Output,
    Sent,
    Manager
  > =>
    withSchema(row, input);

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
