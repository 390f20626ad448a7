import { types } from 'node:util';
import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { backOff } from 'exponential-backoff';
import { ContentionError } from '../errors.ts';

type SdkError = Parameters<typeof isTransientError>[0];

/**
 * Thrown when DynamoDB cancelled a transaction for a reason that passes: a conflict, or throttling. `names`: of the writes
 * that met it.
 */
export class Contended extends Error {
  override readonly name = 'Contended';
  readonly names: ReadonlySet<string>;

  constructor(message?: string, { names = new Set(), cause }: { names?: ReadonlySet<string>; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.names = names;
  }
}

/**
 * Whether DynamoDB said that it did not carry the request out, and never will. Anything else may have been carried out, or
 * may yet be: no reply, a reply that cannot be read, an error of the server. So may several attempts of the SDK, which
 * throws the last error only.
 */
export function isDefiniteRefusal(thrown: unknown): boolean {
  if (thrown instanceof Contended) return thrown.cause === undefined || isDefiniteRefusal(thrown.cause);
  if (!(thrown instanceof DynamoDBServiceException)) return false;
  return thrown.$fault === 'client' && thrown.name !== 'TransactionInProgressException' && wasSentOnce(thrown);
}

/** A client may be configured to repeat requests. */
export const wasSentOnce = ({ $metadata }: DynamoDBServiceException): boolean => ($metadata.attempts ?? 1) === 1;

/** About 5 s of trying when every attempt fails immediately: 14 attempts, full jitter, at most 800 ms apart. */
const ATTEMPTS = { numOfAttempts: 14, startingDelay: 20, timeMultiple: 2, maxDelay: 800, jitter: 'full' } as const;
/** Attempts that fail slowly stop here, so that an API function answers before its gateway gives up. */
const TRYING_MS = 10_000;

/**
 * Repeats what failed for a passing reason. The SDK has repeated single requests by then; it repeats no transactions.
 * Throws a `ContentionError` when the retries are used up, whose cause is the first attempt without an answer, if any.
 */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  const stopAt = performance.now() + TRYING_MS;
  let unanswered: unknown;
  const retry = (thrown: unknown) => {
    if (!(thrown instanceof Contended)) unanswered ??= thrown;
    return isPassing(thrown) && performance.now() < stopAt;
  };
  try {
    return await backOff(attempt, { ...ATTEMPTS, retry });
  } catch (thrown) {
    throw isPassing(thrown) ? new ContentionError(unanswered ?? thrown) : thrown;
  }
}

export function isPassing(thrown: unknown): boolean {
  if (!types.isNativeError(thrown)) return false;
  return (
    thrown instanceof Contended ||
    thrown.name === 'TransactionConflictException' ||
    isThrottlingError(thrown as SdkError) ||
    isTransientError(thrown as SdkError) ||
    isUnreadable(thrown)
  );
}

/** The SDK hangs the reply on the error that reading it threw. */
const isUnreadable = (thrown: Error): boolean => '$response' in thrown && !(thrown instanceof DynamoDBServiceException);
