import { invoke } from './functions.ts';
import { repeat } from './repeat.ts';

/** What EventBridge Scheduler sends. */
const scheduledEvent = () => ({
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  time: new Date().toISOString(),
  resources: [],
  detail: '{}',
});

/** In place of the schedule. */
export const startCleanupTimer = (intervalSeconds: number): (() => Promise<void>) =>
  repeat('cleanup', () => invoke('cleanup', scheduledEvent()), intervalSeconds * 1000);
