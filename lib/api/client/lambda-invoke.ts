import { InvokeCommand, LambdaClient, type LambdaServiceException } from '@aws-sdk/client-lambda';
import { isClockSkewError, isThrottlingError } from '@smithy/core/retry';
import { lazily } from '../../lazily.ts';
import { awsSettings } from './aws-settings.ts';
import { NoAnswerError } from './http-sender.ts';

/** What may be done with an invocation. */
export interface InvokeOptions {
  /** It may be sent again where there was no answer. If not, only where it was certainly not carried out. */
  repeatable: boolean;
  /** Aborts when the caller no longer waits for the answer. */
  signal?: AbortSignal | undefined;
}

/** Calls a function by its name or ARN with a JSON payload and gives its JSON answer. */
export type Invoke = (functionName: string, payload: string, options?: InvokeOptions) => Promise<string>;

/** The function did not answer: it crashed, timed out, or may not be invoked. What it did is not known. */
export class InvocationFailedError extends Error {
  override readonly name = 'InvocationFailedError';
}

/** Whatever the status: the request may be under way all the same. */
const TIMEOUTS: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** A connection of its own for each: one that has died while a function was frozen would say nothing of the call. */
const NEW_CONNECTION = { httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } };

/** By the AWS SDK, with the region and the credentials of `env`. */
export function invokeWithSdk(env: NodeJS.ProcessEnv): Invoke {
  const repeating = lazily(() => new LambdaClient(awsSettings(env, 'LAMBDA')));
  const once = lazily(() => new LambdaClient({ ...awsSettings(env, 'LAMBDA'), requestHandler: NEW_CONNECTION }));
  return async (FunctionName, Payload, { repeatable, signal } = { repeatable: false }) => {
    const command = new InvokeCommand({ FunctionName, Payload });
    let reason: unknown;
    const attempt = <T>(sent: Promise<T>) =>
      sent.catch((thrown: unknown) => {
        reason = thrown;
        if (isRefusal(thrown) && (repeatable || isNotCarriedOut(thrown))) throw thrown;
        throw new Unjudged(signal?.aborted !== true && (repeatable || NEVER_CONNECTED.has(codeOf(thrown))));
      });
    const inEachAttempt = { step: 'finalizeRequest', priority: 'low', name: 'attempt' } as const;
    command.middlewareStack.add((next) => (args) => attempt(next(args)), inEachAttempt);
    const client = repeatable ? repeating() : once();
    const sent = client.send(command, { abortSignal: signal }).catch((thrown: unknown) => {
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
