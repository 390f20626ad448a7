/** What other programs import as `agent-session-manager/client`: clients of the functions, and of the API over HTTP. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parseActor, type Actor } from './actor.ts';
import type { WriteAnswer } from './file-operations.ts';
import { download, upload, type Download, type FileCalls, type Upload } from './file-transfer.ts';
import { functionVariable } from './client-environment.ts';
import { errorOfCode } from './error-of-code.ts';
import { ForbiddenError, ValidationError } from '../errors.ts';
import type { Invocation, InvocationResult } from './invoke-handler.ts';
import { operations, type InputOf, type OperationName, type OutputOf } from './operations.ts';

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

/** Calls a function by its name or ARN with a JSON payload and gives its JSON answer. */
export type Invoke = (functionName: string, payload: string) => Promise<string>;

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
  constructor(env: NodeJS.ProcessEnv, invoke: Invoke = invokeWithSdk(), ...others: never[]) {
    // An actor that is given here would be overlooked, and its calls an operator's.
    if (others.length > 0) throw ValidationError.at('actor', 'is named by as(actor)');
    Object.assign(this, methodsOf({ env, invoke }));
  }
}

function methodsOf(door: Door): object {
  const names = Object.keys(operations) as OperationName[];
  const methods = names.map((name) => [name, (input: Record<string, unknown>) => call(door, name, input)]);
  const calls = Object.fromEntries(methods) as unknown as FileCalls<Uploaded>;
  return {
    ...calls,
    as: (other: Actor) => actingFor(door, other),
    upload: (input: Upload) => upload(calls, input),
    download: (input: Download) => download(calls, input),
  };
}

function actingFor(door: Door, other: Actor): Client {
  if (door.actor) throw new ForbiddenError('A client that acts for somebody does not act for anybody else.');
  const methods = methodsOf({ ...door, actor: parseActor(other) });
  return Object.assign(Object.create(Client.prototype) as Client, methods);
}

/**
 * A client of the functions that `env` names by the variables that the stack's `grantInvoke` sets. The SDK repeats a
 * request whose answer is lost: an `idempotencyKey` makes that safe for `createSession`, all else is safe by itself.
 */
export const SessionManagerClient = Client as new (env: NodeJS.ProcessEnv, invoke?: Invoke) => SessionManagerClient;

async function call({ env, invoke, actor }: Door, operation: OperationName, input: object): Promise<unknown> {
  const variable = functionVariable(operations[operation].group);
  const functionName = env[variable];
  if (!functionName)
    throw new InvocationFailedError(`${variable} is not set: "${operation}" has no function to go to.`);
  const invocation: Invocation = { operation, input: { ...input }, ...(actor && { actor }) };
  const result = JSON.parse(await invoke(functionName, JSON.stringify(invocation))) as InvocationResult;
  if (result.ok) return result.output;
  const { code, message, details } = result.error;
  throw errorOfCode(code, message, { ...details });
}

function invokeWithSdk(client = new LambdaClient({})): Invoke {
  return async (FunctionName, Payload) => {
    const { FunctionError, Payload: answer } = await client.send(new InvokeCommand({ FunctionName, Payload }));
    const text = Buffer.from(answer ?? []).toString('utf8');
    if (FunctionError !== undefined) throw new InvocationFailedError(`${FunctionName} failed: ${text}`);
    return text;
  };
}

export type { Actor } from './actor.ts';
export type { Download, Progress, Upload } from './file-transfer.ts';
export { UnexpectedAnswerError } from './http-answer.ts';
export { asCaller, withToken } from './http-caller.ts';
export { SessionManagerHttpClient, type HttpOperationName } from './http-client.ts';
export { NoAnswerError, type Authorize, type HttpSettings } from './http-sender.ts';
export * from '../errors.ts';
