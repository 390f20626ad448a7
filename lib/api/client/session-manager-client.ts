/** What other programs import as `agent-session-manager/client`: clients of the functions, and of the API over HTTP. */
import { parseActor, type Actor } from '../actor.ts';
import type { SessionInfo } from '../../sessions/session.ts';
import { anyOf, limitsOf, type CallLimits } from './call-limits.ts';
import { copyOfInput, invocationInputJson } from './client-input.ts';
import { addMethods, allSessions, connect } from './client-methods.ts';
import type { CallOptions, DirectOutputOf, Operations } from './client-types.ts';
import { download, upload, type Download, type FileCalls, type Upload } from './file-transfer.ts';
import { functionVariable } from '../client-environment.ts';
import { outputOfInvocation } from './invocation-answer.ts';
import { InvocationFailedError, invokeWithSdk, type Invoke } from './lambda-invoke.ts';
import { NoAnswerError } from './http-sender.ts';
import { ForbiddenError, ValidationError } from '../../errors.ts';
import { operations, type InputOf, type OperationName } from '../operations.ts';
import { mayBeRepeated, repeatedIfSafe } from './repetition.ts';
import { routeRows } from '../routes.ts';

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

interface Door {
  env: NodeJS.ProcessEnv;
  invoke: Invoke;
  actor?: Actor;
}

const OPERATIONS = Object.keys(operations) as OperationName[];

type Input = Readonly<Record<string, unknown>>;

class Client {
  #door: Door;

  constructor(env: NodeJS.ProcessEnv, invoke: Invoke = invokeWithSdk(env), ...others: never[]) {
    // An actor that is given here would be overlooked, and its calls an operator's.
    if (others.length > 0) throw ValidationError.at('actor', 'is named by as(actor)');
    this.#door = { env, invoke };
    connect(this, OPERATIONS, async (operation, input, options) => {
      const name = operation as OperationName;
      const limits = limitsOf(options);
      const copy = copyOfInput(input, routeRows[name]);
      const repeatable = mayBeRepeated(name, copy);
      const once = () => call(this.#door, name, copy, limits, repeatable);
      return repeatedIfSafe(name, copy, once, { isUnanswered: () => false, limits });
    });
  }

  as(other: Actor): Client {
    if (this.#door.actor) throw new ForbiddenError('A client that acts for somebody does not act for anybody else.');
    const { env, invoke } = this.#door;
    const client = new Client(env, invoke);
    client.#door = { env, invoke, actor: parseActor(other) };
    return client;
  }

  sessions(input: object = {}, options?: CallOptions) {
    const { listSessions } = this as unknown as SessionManagerClient;
    return allSessions((page) => listSessions(page, options), input);
  }

  async upload(input: Upload, options?: CallOptions) {
    const limits = limitsOf(options);
    return upload(this.#parts(limits), input, limits);
  }

  async *download(input: Download, options?: CallOptions) {
    const limits = limitsOf(options);
    yield* download(this.#parts(limits), input, limits);
  }

  /** Transfers have repetitions of their own: they know what has arrived. */
  #parts(limits: CallLimits): FileCalls<Uploaded> {
    const part = (name: OperationName) => (input: object) =>
      call(this.#door, name, copyOfInput(input, routeRows[name]), limits, false);
    return { readFile: part('readFile'), writeFile: part('writeFile') } as FileCalls<Uploaded>;
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

async function call(
  { env, invoke, actor }: Door,
  operation: OperationName,
  input: Input,
  limits: CallLimits,
  repeatable: boolean,
): Promise<unknown> {
  const variable = functionVariable(operations[operation].function);
  const functionName = env[variable];
  if (!functionName)
    throw new InvocationFailedError(`${variable} is not set: "${operation}" has no function to go to.`);
  const fields = [`"operation":${JSON.stringify(operation)}`, `"input":${invocationInputJson(input)}`];
  if (actor) fields.push(`"actor":${JSON.stringify(actor)}`);
  const payload = `{${fields.join()}}`;
  const answer = await within(limits, functionName, (signal) => invoke(functionName, payload, { repeatable, signal }));
  return outputOfInvocation(answer);
}

/** What waits no longer than the call may take, whatever becomes of the invocation. */
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
export { SessionManagerAgentClient, type AgentSettings } from './agent-client.ts';
export { SessionManagerHttpClient } from './http-client.ts';
export { InvocationFailedError, type Invoke, type InvokeOptions } from './lambda-invoke.ts';
export { NoAnswerError, type Authorize, type HttpSettings } from './http-sender.ts';
export type { HttpOperationName } from '../routes.ts';
export * from '../../errors.ts';
export * from '../../agent-tokens/token-errors.ts';
export * from '../../prompts/prompt-errors.ts';
export * from '../../workspaces/file-errors.ts';
export { FAILURE_CODES, type FailureCode } from '../../telemetry/audit/audit-outcome.ts';
