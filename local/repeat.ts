/** Does something now and again an interval after each time. Gives what stops it, when the last time is through. */
export function repeat(what: string, work: () => Promise<unknown>, intervalMs: number): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = work()
      .then(
        () => undefined,
        (thrown: unknown) => {
          if (!stopped) console.error(`The ${what} failed:`, thrown);
        },
      )
      .then(() => {
        if (!stopped) timer = setTimeout(run, intervalMs);
      });
  };
  run();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
