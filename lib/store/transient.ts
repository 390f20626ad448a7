import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
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

/** About 5 s of trying when every attempt fails at once: full jitter, at most 800 ms apart. */
const ATTEMPTS = 14;
const FIRST_DELAY_MS = 20;
const MAX_DELAY_MS = 800;
/** Attempts that fail slowly stop here, so that an API function answers before its gateway gives up. */
const TRYING_MS = 10_000;

/**
 * Repeats what failed for a passing reason. The SDK has repeated single requests by then; it repeats no conflicts.
 * Throws a `ContentionError` when the retries are used up. Its cause is `Contended` only if every attempt was cancelled:
 * one without an answer may have been carried out, whatever the later ones met.
 */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  const stopAt = performance.now() + TRYING_MS;
  let unanswered: unknown;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      if (!(thrown instanceof Contended)) unanswered ??= thrown;
      if (attempts === ATTEMPTS || performance.now() >= stopAt) throw new ContentionError(unanswered ?? thrown);
    }
    await sleep(Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1)));
  }
}

function isPassing(thrown: unknown): boolean {
  if (!types.isNativeError(thrown)) return false;
  return (
    thrown instanceof Contended ||
    thrown.name === 'TransactionConflictException' ||
    isThrottlingError(thrown as SdkError) ||
    isTransientError(thrown as SdkError)
  );
}
