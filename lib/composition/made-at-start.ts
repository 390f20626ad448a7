/**
 * Made once from the environment and kept; on Lambda at the start, when a function has more of the processor than in its
 * calls. A failure is not kept: each call tries again, and says why not.
 */
export function madeAtStart<T>(make: (env: NodeJS.ProcessEnv) => T): () => T {
  let made: T | undefined;
  const get = () => (made ??= make(process.env));
  if (process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) makeAhead(get);
  return get;
}

function makeAhead(make: () => unknown): void {
  try {
    make();
  } catch {
    // The first call meets the same.
  }
}
