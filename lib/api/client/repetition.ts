import { backOff } from 'exponential-backoff';
import type { Repetition } from '../../operations/route.ts';
import type { OperationName } from '../operations.ts';
import { routeRows } from '../routes.ts';

type Input = Readonly<Record<string, unknown>>;

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
const ATTEMPTS = { numOfAttempts: 3, startingDelay: 100, timeMultiple: 2, jitter: 'full' } as const;

/** Sends it again where `isUnanswered` says of what was thrown that it may have been carried out, and the operation may be. */
export async function repeatedIfSafe<T>(
  operation: OperationName,
  input: Input,
  send: () => Promise<T>,
  isUnanswered: (thrown: unknown) => boolean,
): Promise<T> {
  if (!mayBeRepeated(operation, input)) return send();
  return backOff(send, { ...ATTEMPTS, retry: isUnanswered });
}
