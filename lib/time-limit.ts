/** Thrown for what was not done in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** Settles as the work does, or throws what `late` makes after `ms`. The work goes on, and nobody hears of it any more. */
export async function within<T>(
  ms: number,
  work: Promise<T>,
  late: () => Error = () => new TimeoutError(`It took longer than ${ms} ms.`),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
