import { ContentionError } from '../../errors.ts';
import type { Repetition } from '../../operations/route.ts';
import type { OperationName } from '../operations.ts';
import { routeRows } from '../routes.ts';
import { pause, type CallLimits } from './call-limits.ts';
import type { Input } from './client-input.ts';

/** A condition is met once: the same request again would be told that it is not, of what it has done itself. */
const hasNoCondition = ({ ifMatch, ifNoneMatch, version }: Input) =>
  ifMatch === undefined && ifNoneMatch === undefined && version === undefined;

/** When it does no harm that a request is carried out twice. */
const REPETITIONS: Readonly<Record<Repetition, (input: Input) => boolean>> = {
  always: () => true,
  never: () => false,
  'with an idempotency key': ({ idempotencyKey }: Input) => typeof idempotencyKey === 'string' && idempotencyKey !== '',
  'without a condition': hasNoCondition,
  'whole and without a condition': (input: Input) => input.contentRange === undefined && hasNoCondition(input),
};

/**
 * Whether a client sends an operation again where it does not know whether it was carried out: its route says when. Both
 * clients read it, and the command line is one of them. docs/reliability.md lists the same, and a test compares.
 */
export const mayBeRepeated = (operation: OperationName, input: Input): boolean =>
  REPETITIONS[routeRows[operation].repetition](input);

/** As often as the AWS SDK does. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
/** A server that wants a longer pause is not waited for: the call throws. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * How long to wait before the next attempt (ms), by chance, so that clients do not come back at the same time. It is never
 * shorter than the server wants it; none if that is too long, or longer than the call may take.
 */
export function pauseBefore(attempt: number, thrown: unknown, limits: CallLimits): number | undefined {
  const seconds = thrown instanceof ContentionError ? thrown.details.retryAfterSeconds : undefined;
  const told = (seconds ?? 0) * 1000;
  const pause = seconds === undefined ? Math.random() * FIRST_PAUSE_MS * 2 ** attempt : told * (1 + Math.random() / 2);
  return told > LONGEST_PAUSE_MS || pause >= limits.leftMs() ? undefined : pause;
}

/** The gateway throttles before anything is carried out. */
const isThrottled = (thrown: unknown): boolean =>
  thrown instanceof ContentionError && thrown.details.gatewayStatus === THROTTLED;
const THROTTLED = 429;

interface Attempts {
  /** How many there are at most. */
  attempts: number;
  /** Whether another attempt may succeed where this was thrown. */
  isPassing: (thrown: unknown) => boolean;
  limits: CallLimits;
}

/** Calls again, after a pause, where what was thrown is passing. All within the limits of the call. */
export async function repeated<T>(call: () => Promise<T>, { attempts, isPassing, limits }: Attempts): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const pauseMs = isPassing(thrown) ? pauseBefore(attempt, thrown, limits) : undefined;
      if (attempt + 1 >= attempts || pauseMs === undefined) throw thrown;
      await pause(pauseMs, limits.signal);
    }
  }
}

interface Safety {
  isRepeatable: boolean;
  /** Whether the call may have been carried out, by what it threw. */
  isUnanswered: (thrown: unknown) => boolean;
  limits: CallLimits;
}

/**
 * Sends a request, and again where that does no harm: where it was throttled, and, if the operation may be repeated, where the
 * server is busy or did not answer.
 */
export async function repeatedIfSafe<T>(
  send: () => Promise<T>,
  { isRepeatable, isUnanswered, limits }: Safety,
): Promise<T> {
  const isPassing = (thrown: unknown) =>
    isThrottled(thrown) || (isRepeatable && (isUnanswered(thrown) || thrown instanceof ContentionError));
  return repeated(send, { attempts: ATTEMPTS, isPassing, limits });
}
