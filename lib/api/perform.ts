import type { RequestOrigin } from '../audit/audit-trail.ts';
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
export async function perform({ log, manager }: Services, call: Call): Promise<Answer<unknown>> {
  const { name, operation, origin, signal } = call;
  if (operation.access === 'anyone') {
    return operation.run(parseInput(operation.input, call.input()), {
      manager: manager.as(NOBODY),
      caller: NOBODY,
      signal,
    });
  }
  try {
    return await manager.trail.record(
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
  } catch (thrown) {
    if (isOurs(toSessionManagerError(thrown))) log.operationFailed(name, thrown);
    throw thrown;
  }
}

/** Worth a line with its cause, which the caller is not told. */
const isOurs = ({ cause }: SessionManagerError) => cause !== undefined;
