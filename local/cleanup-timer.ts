import { SCHEDULED_EVENT } from '../lib/api/scheduled-event.ts';
import { invoke } from './functions.ts';
import { repeat } from './repeat.ts';

/** In place of the schedule. */
export const startCleanupTimer = (intervalSeconds: number): (() => Promise<void>) =>
  repeat('cleanup', () => invoke('cleanup', SCHEDULED_EVENT), intervalSeconds * 1000);
