import { SCHEDULED_EVENT } from '../lib/api/scheduled-event.ts';
import { invoke } from './functions.ts';

/** Runs the cleanup now and then again an interval after each run. Gives what stops it, when the last run is through. */
export function startCleanupTimer(intervalSeconds: number): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = invoke('cleanup', SCHEDULED_EVENT)
      .then(
        () => undefined,
        (thrown: unknown) => console.error('The cleanup failed:', thrown),
      )
      .then(() => {
        if (!stopped) timer = setTimeout(run, intervalSeconds * 1000);
      });
  };
  run();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
