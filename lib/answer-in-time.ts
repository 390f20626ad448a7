import pTimeout from 'p-timeout';

/**
 * The answer of foreign code: immediately if it is no promise, else within a time limit (ms). Throws a `TimeoutError` if
 * it is late.
 */
export async function answerInTime<T>(answer: T | PromiseLike<T>, milliseconds: number): Promise<T> {
  if (!isPromise(answer)) return answer;
  // Not theirs: it could have a `cancel`, which would be called and may throw.
  return pTimeout(
    Promise.resolve().then(() => answer),
    { milliseconds },
  );
}

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
