/** What other programs import as `agent-session-manager/client`: clients of the functions, and of the API over HTTP. */
import { parseActor, type Actor } from '../actor.ts';
import type { SessionInfo } from '../../sessions/session.ts';
import { anyOf, type CallLimits } from './call-limits.ts';
import { invocationInputJson } from './client-input.ts';
import { addMethods, ConnectedClient, type Door } from './client-methods.ts';
import type { CallOptions, DirectOutputOf, Operations } from './client-types.ts';
import type { Download, Upload } from './file-transfer.ts';
import { functionVariable } from '../client-environment.ts';
import { outputOfInvocation } from './invocation-answer.ts';
import { InvocationFailedError, invokeWithSdk, type Invoke } from './lambda-invoke.ts';
import { NoAnswerError } from './http-sender.ts';
import { ForbiddenError, ValidationError } from '../../errors.ts';
import { operations, type InputOf, type OperationName } from '../operations.ts';

/** What was uploaded is in its place, as this. */
export type Uploaded = Extract<DirectOutputOf<'writeFile'>, { etag: string }>;

/** One method for each operation, with its input and its output. Throws the errors that the operation throws. */
export type SessionManagerClient = {
  [Name in keyof Operations]: (input: InputOf<Name>, options?: CallOptions) => Promise<DirectOutputOf<Name>>;
} & {
  /**
   * The same client, acting for somebody and under their rules. That one acts for nobody else (`ForbiddenError`). Throws
   * `UnauthorizedError`, `ValidationError`, `InvalidUserIdError` and `InvalidOrgIdError` for what is no actor.
   */
  as(actor: Actor): SessionManagerClient;
  /** Every session of all pages. `timeoutMs` is the time of one page. */
  sessions(
    input?: Omit<InputOf<'listSessions'>, 'cursor'>,
    options?: CallOptions,
  ): AsyncGenerator<SessionInfo, void, undefined>;
  /** Writes a file of any size, in parts where it needs several. */
  upload(input: Upload, options?: CallOptions): Promise<Uploaded>;
  /** Reads a file of any size, part by part. */
  download(input: Download, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined>;
};

interface Settings {
  env: NodeJS.ProcessEnv;
  invoke: Invoke;
  actor?: Actor;
}

const OPERATIONS = Object.keys(operations) as OperationName[];

class Client extends ConnectedClient<Uploaded> {
  readonly #settings: Settings;

  constructor(env: NodeJS.ProcessEnv, invoke: Invoke = invokeWithSdk(env), ...others: never[]) {
    // An actor that is given here would be overlooked, and its calls an operator's.
    if (others.length > 0) throw ValidationError.at('actor', 'is named by as(actor)');
    const settings: Settings = { env, invoke };
    // Invocations have repetitions of their own.
    super({ operations: OPERATIONS, isUnanswered: () => false, send: sender(settings) });
    this.#settings = settings;
  }

  as(other: Actor): Client {
    const { env, invoke, actor } = this.#settings;
    if (actor) throw new ForbiddenError('A client that acts for somebody does not act for anybody else.');
    const client = new Client(env, invoke);
    client.#settings.actor = parseActor(other);
    return client;
  }
}
addMethods(Client.prototype, OPERATIONS);
Object.defineProperty(Client, 'name', { value: 'SessionManagerClient' });

/**
 * A client of the functions that `env` names by the variables that the stack's `grantInvoke` sets. What may have been
 * carried out is sent again only where its route says so: never a tool call. Throws a `NoAnswerError` then.
 */
export const SessionManagerClient = Client as unknown as {
  new (env: NodeJS.ProcessEnv, invoke?: Invoke): SessionManagerClient;
  readonly prototype: SessionManagerClient;
};

const sender =
  (settings: Settings): Door['send'] =>
  async (operation, input, limits, repeatable) => {
    const { env, invoke, actor } = settings;
    const variable = functionVariable(operations[operation].function);
    const functionName = env[variable];
    if (!functionName)
      throw new InvocationFailedError(`${variable} is not set: "${operation}" has no function to go to.`);
    const fields = [`"operation":${JSON.stringify(operation)}`, `"input":${invocationInputJson(input)}`];
    if (actor) fields.push(`"actor":${JSON.stringify(actor)}`);
    const payload = `{${fields.join()}}`;
    const invoked = (signal: AbortSignal | undefined) => invoke(functionName, payload, { repeatable, signal });
    return outputOfInvocation(await within(limits, functionName, invoked));
  };

/** Waits no longer than the call may take, whatever happens to the invocation. */
async function within<T>(
  limits: CallLimits,
  functionName: string,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const { signal } = limits;
  signal?.throwIfAborted();
  const left = limits.leftMs();
  if (signal === undefined && left === Infinity) return work(undefined);
  const ours = new AbortController();
  const late = () => ours.abort(new NoAnswerError(`${functionName} did not answer in time. ${MAY_BE_DONE}`));
  const timer = left === Infinity ? undefined : setTimeout(late, left);
  const given = anyOf(signal, ours.signal) as AbortSignal;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(given.reason as Error);
  given.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(given), aborted]);
  } finally {
    clearTimeout(timer);
    given.removeEventListener('abort', abort);
  }
}

const MAY_BE_DONE = 'What it was asked may still be done.';

export type { Actor } from '../actor.ts';
export type { Download, Progress, Upload } from './file-transfer.ts';
export type { CallOptions } from './client-types.ts';
export { isKnownError, type KnownError } from './error-of-code.ts';
export { UnexpectedAnswerError } from './unexpected-answer.ts';
export { asCaller, withToken } from './http-caller.ts';
export { SessionManagerHttpClient } from './http-client.ts';
export { InvocationFailedError, type Invoke, type InvokeOptions } from './lambda-invoke.ts';
export { NoAnswerError, type Authorize, type HttpSettings } from './http-sender.ts';
export type { HttpOperationName } from '../routes.ts';
export * from '../../errors.ts';
export * from '../../prompts/prompt-errors.ts';
export * from '../../workspaces/file-errors.ts';
export { FAILURE_CODES, type FailureCode } from '../../telemetry/audit/audit-outcome.ts';
