import { invoke } from './functions.ts';

/** What EventBridge Scheduler sends. */
const scheduledEvent = () => ({
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  time: new Date().toISOString(),
  resources: [],
  detail: '{}',
});

/** Runs the cleanup now and then again an interval after each run. Gives what stops it, when the last run is through. */
export function startCleanupTimer(intervalSeconds: number): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = invoke('cleanup', scheduledEvent())
      .then(
        () => undefined,
        (thrown: unknown) => {
          if (!stopped) console.error('The cleanup failed:', thrown);
        },
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
