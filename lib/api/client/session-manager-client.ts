/** What other programs import as `agent-session-manager/client`: clients of the functions, and of the API over HTTP. */
import { InvokeCommand, LambdaClient, type LambdaServiceException } from '@aws-sdk/client-lambda';
import { isClockSkewError, isThrottlingError } from '@smithy/core/retry';
import { lazily } from '../../lazily.ts';
import { parseActor, type Actor } from '../actor.ts';
import type { WriteAnswer } from '../../workspaces/file-operations.ts';
import { awsSettings } from './aws-settings.ts';
import { copyOfInput, invocationInputJson } from './client-input.ts';
import { download, upload, type Download, type FileCalls, type Upload } from './file-transfer.ts';
import { functionVariable } from '../client-environment.ts';
import { outputOfInvocation } from './invocation-answer.ts';
import { NoAnswerError } from './http-sender.ts';
import { ForbiddenError, ValidationError } from '../../errors.ts';
import { operations, type InputOf, type OperationName, type OutputOf } from '../operations.ts';
import { mayBeRepeated } from './repetition.ts';
import { routeRows } from '../routes.ts';

/** What was uploaded is in its place, as this. */
export type Uploaded = Extract<WriteAnswer, { etag: string }>;

/** One method for each operation, with its input and its output. Throws the errors that the operation throws. */
export type SessionManagerClient = {
  [Name in OperationName]: (input: InputOf<Name>) => Promise<OutputOf<Name>>;
} & {
  /**
   * The same client, acting for somebody and under their rules. That one acts for nobody else (`ForbiddenError`). Throws
   * `UnauthorizedError`, `ValidationError`, `InvalidUserIdError` and `InvalidOrgIdError` for what is no actor.
   */
  as(actor: Actor): SessionManagerClient;
  /** Writes a file of any size, in parts where it needs several. */
  upload(input: Upload): Promise<Uploaded>;
  /** Reads a file of any size, part by part. */
  download(input: Download): AsyncGenerator<Uint8Array, void, undefined>;
};

/** What may be done with an invocation. */
export interface InvokeOptions {
  /** It may be sent again where there was no answer. If not, only where it was certainly not carried out. */
  repeatable: boolean;
}

/** Calls a function by its name or ARN with a JSON payload and gives its JSON answer. */
export type Invoke = (functionName: string, payload: string, options?: InvokeOptions) => Promise<string>;

/** The function did not answer: it crashed, timed out, or may not be invoked. What it did is not known. */
export class InvocationFailedError extends Error {
  override readonly name = 'InvocationFailedError';
}

interface Door {
  env: NodeJS.ProcessEnv;
  invoke: Invoke;
  actor?: Actor;
}

class Client {
  constructor(env: NodeJS.ProcessEnv, invoke: Invoke = invokeWithSdk(env), ...others: never[]) {
    // An actor that is given here would be overlooked, and its calls an operator's.
    if (others.length > 0) throw ValidationError.at('actor', 'is named by as(actor)');
    Object.assign(this, methodsOf({ env, invoke }));
  }
}

function methodsOf(door: Door): object {
  const names = Object.keys(operations) as OperationName[];
  const methods = (isRepeatable: typeof mayBeRepeated) =>
    Object.fromEntries(
      names.map((name) => {
        const method = async (input: unknown) => {
          const copy = copyOfInput(input, routeRows[name]);
          return call(door, name, copy, { repeatable: isRepeatable(name, copy) });
        };
        return [name, method];
      }),
    );
  // Transfers have repetitions of their own: they know what has arrived.
  const parts = methods(() => false) as unknown as FileCalls<Uploaded>;
  return {
    ...methods(mayBeRepeated),
    as: (other: Actor) => actingFor(door, other),
    upload: (input: Upload) => upload(parts, input),
    download: (input: Download) => download(parts, input),
  };
}

function actingFor(door: Door, other: Actor): Client {
  if (door.actor) throw new ForbiddenError('A client that acts for somebody does not act for anybody else.');
  const methods = methodsOf({ ...door, actor: parseActor(other) });
  return Object.assign(Object.create(Client.prototype) as Client, methods);
}

/**
 * A client of the functions that `env` names by the variables that the stack's `grantInvoke` sets. What may have been
 * carried out is sent again only where its route says so: never a tool call. Throws a `NoAnswerError` then.
 */
export const SessionManagerClient = Client as new (env: NodeJS.ProcessEnv, invoke?: Invoke) => SessionManagerClient;

async function call(
  { env, invoke, actor }: Door,
  operation: OperationName,
  input: Readonly<Record<string, unknown>>,
  options: InvokeOptions,
): Promise<unknown> {
  const variable = functionVariable(operations[operation].function);
  const functionName = env[variable];
  if (!functionName)
    throw new InvocationFailedError(`${variable} is not set: "${operation}" has no function to go to.`);
  const fields = [`"operation":${JSON.stringify(operation)}`, `"input":${invocationInputJson(input)}`];
  if (actor) fields.push(`"actor":${JSON.stringify(actor)}`);
  return outputOfInvocation(await invoke(functionName, `{${fields.join()}}`, options));
}

/** Whatever the status: the request may be under way all the same. */
const TIMEOUTS: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** A connection of its own for each: one that has died while a function was frozen would tell nothing of the call. */
const NEW_CONNECTION = { httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } };

function invokeWithSdk(env: NodeJS.ProcessEnv): Invoke {
  const repeating = lazily(() => new LambdaClient(awsSettings(env)));
  const once = lazily(() => new LambdaClient({ ...awsSettings(env), requestHandler: NEW_CONNECTION }));
  return async (FunctionName, Payload, { repeatable } = { repeatable: false }) => {
    const command = new InvokeCommand({ FunctionName, Payload });
    let reason: unknown;
    const attempt = <T>(sent: Promise<T>) =>
      sent.catch((thrown: unknown) => {
        reason = thrown;
        if (isRefusal(thrown) && (repeatable || isNotCarriedOut(thrown))) throw thrown;
        throw new Unjudged(repeatable || NEVER_CONNECTED.has(codeOf(thrown)));
      });
    const inEachAttempt = { step: 'finalizeRequest', priority: 'low', name: 'attempt' } as const;
    command.middlewareStack.add((next) => (args) => attempt(next(args)), inEachAttempt);
    const client = repeatable ? repeating() : once();
    const sent = client.send(command).catch((thrown: unknown) => {
      if (!(thrown instanceof Unjudged)) throw thrown;
      if (isRefusal(reason)) throw reason as Error;
      throw new NoAnswerError(`${FunctionName} did not answer. What it was asked may be done.`, { cause: reason });
    });
    const { FunctionError, Payload: answer } = await sent;
    const text = Buffer.from(answer ?? []).toString('utf8');
    if (FunctionError !== undefined) throw new InvocationFailedError(`${FunctionName} failed: ${text}`);
    return text;
  };
}

/** A failed attempt, as the SDK is told of it: by the reason, its name or its cause, it would judge on its own. */
class Unjudged extends Error {
  readonly $retryable: object | undefined;

  constructor(mayBeRepeated: boolean) {
    super('no answer');
    this.$retryable = mayBeRepeated ? {} : undefined;
  }
}

/** Lambda has not invoked the function: it throttles, or refuses the caller. A timeout by name is no such thing. */
function isRefusal(thrown: unknown): boolean {
  const error = thrown as LambdaServiceException;
  const { httpStatusCode: status = 0 } = (error as Partial<LambdaServiceException>).$metadata ?? {};
  return status >= 400 && status < 500 && status !== 408 && !TIMEOUTS.has(error.name);
}

type SdkError = Parameters<typeof isThrottlingError>[0];

/** The SDK may send these again, whatever they were about. */
const isNotCarriedOut = (thrown: unknown): boolean =>
  isThrottlingError(thrown as SdkError) || isClockSkewError(thrown as SdkError);

const codeOf = (thrown: unknown): unknown => (thrown as { code?: unknown }).code;

export type { Actor } from '../actor.ts';
export type { Download, Progress, Upload } from './file-transfer.ts';
export { UnexpectedAnswerError } from './http-answer.ts';
export { asCaller, withToken } from './http-caller.ts';
export { SessionManagerHttpClient } from './http-client.ts';
export { NoAnswerError, type Authorize, type HttpSettings } from './http-sender.ts';
export type { HttpOperationName } from '../routes.ts';
export * from '../../errors.ts';
export { FAILURE_CODES, type FailureCode } from '../../telemetry/audit/audit-outcome.ts';
