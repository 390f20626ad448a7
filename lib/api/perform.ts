import type { RequestOrigin } from '../audit/audit-trail.ts';
import type { LogLines } from '../audit/log-lines.ts';
import { toSessionManagerError, type SessionManagerError } from '../errors.ts';
import type { Caller } from '../identity.ts';
import type { Services } from '../services.ts';
import { parseInput } from '../session-options.ts';
import type { Answer, AnyOperation } from './operation.ts';

/** What both doors know of a request once they have found its operation. */
export interface Call {
  name: string;
  operation: AnyOperation;
  /** Throws if there is no caller, or a bad one. */
  caller: () => Caller;
  /** Throws if the request cannot be read. */
  input: () => unknown;
  origin: RequestOrigin;
  signal: AbortSignal;
}

/** Owns nothing and may see nothing. */
const NOBODY: Caller = { kind: 'user', userId: '', orgId: '' };

/** Runs an operation for a door: caller, input, work, and one audit event whatever comes of it. */
export async function perform({ manager, describeApi }: Services, call: Call): Promise<Answer<unknown>> {
  const { name, operation, origin, signal } = call;
  if (operation.access === 'anyone') {
    return operation.run(parseInput(operation.input, call.input()), {
      manager: manager.as(NOBODY),
      caller: NOBODY,
      signal,
      describeApi,
    });
  }
  return manager.trail.record(
    name,
    { kind: 'unknown' },
    {},
    async () => {
      const caller = call.caller();
      manager.trail.noteActor(caller);
      const input: unknown = parseInput<unknown>(operation.input, call.input());
      return operation.run(input, { manager: manager.as(caller), caller, signal });
    },
    origin,
  );
}

/** What a caller may be told; the cause, which it is not told, goes to the log. */
export function whatToTell(log: LogLines, name: string, thrown: unknown): SessionManagerError {
  const error = toSessionManagerError(thrown);
  if (error.cause !== undefined) log.operationFailed(name, thrown);
  return error;
}
