import type { RequestOrigin } from '../telemetry/audit/audit-context.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import { ERRORS } from '../error-catalogue.ts';
import { ForbiddenError, InternalError, SessionNotFoundError, UnauthorizedError } from '../errors.ts';
import { checkAgentMay, type AgentNeeds, type Caller } from '../identity.ts';
import { parseCaller } from '../sessions/parse-caller.ts';
import { ADMITTED, type Answer, type AnyOperation } from '../operations/operation.ts';
import { isKnownError, type KnownError } from './client/error-of-code.ts';
import type { Services } from './door-services.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import { NO_VALID_TOKEN } from '../agent-tokens/agent-authentication.ts';
import { requestAudit } from './request-audit.ts';
import { parseInput } from '../schemas.ts';

/** What both doors know of a request once they have found its operation. */
export interface Call<T> {
  operation: AnyOperation<SessionManager>;
  /** Throws if there is no caller, or a bad one. */
  caller: () => Caller | Promise<Caller>;
  /** What the way in needs of an agent. Without it, no agent comes in by it. */
  agentNeeds?: AgentNeeds | undefined;
  /** Throws if the request cannot be read. */
  input: (caller?: Caller) => unknown;
  /** What the door gives back. Throws if it cannot carry it. */
  answer: (answer: Answer<unknown>) => T;
  origin: RequestOrigin;
  signal: AbortSignal;
}

/** Runs an operation for a door: caller, input, work, and one audit event whatever comes of it. */
export async function perform<T>({ manager, audit, describeApi }: Services, call: Call<T>): Promise<T> {
  const { operation, origin, signal } = call;
  if (operation.access === 'anyone') {
    const input: unknown = parseInput<unknown>(operation.input, call.input());
    return call.answer(await operation.run(input, { signal, describeApi }));
  }
  return audit.record(
    operation.audit,
    { kind: 'unknown' },
    {},
    async () => {
      const caller = parseCaller(await call.caller());
      audit.noteActor(caller);
      if (!ADMITTED[operation.access].includes(caller.kind))
        throw new ForbiddenError('This operation is not for callers of this kind.');
      checkAgentMay(caller, call.agentNeeds);
      const input: unknown = parseInput<unknown>(operation.input, call.input(caller));
      const running = operation.run(input, { manager: manager.as(caller), caller, signal });
      return call.answer(await (caller.kind === 'agent' ? orUnauthorized(running) : running));
    },
    origin,
  );
}

/** The session of a token may end between the check of the token and the operation: then the token is none any more. */
async function orUnauthorized<T>(running: Promise<T>): Promise<T> {
  return running.catch((thrown: unknown) => {
    throw thrown instanceof SessionNotFoundError ? new UnauthorizedError(NO_VALID_TOKEN) : thrown;
  });
}

/** Finds out what is asked for. A request that cannot be read is an event of its own, since no operation tells of it. */
export async function readRequest<T>({ audit }: Services, origin: RequestOrigin, read: () => T): Promise<T> {
  try {
    return read();
  } catch (thrown) {
    const refuse = async () => {
      throw thrown;
    };
    return audit.record(requestAudit.readRequest, { kind: 'unknown' }, {}, refuse, origin);
  }
}

/** What a caller may be told; the cause, which it is not told, goes to the log. */
export function errorForCaller(log: LogLines, name: string, thrown: unknown): KnownError {
  const error = isKnownError(thrown) ? thrown : new InternalError(thrown);
  if (error.cause === undefined) return error;
  if ('isOfOthers' in ERRORS[error.code]) log.dependencyFailed(name, thrown);
  else log.operationFailed(name, thrown);
  return error;
}
