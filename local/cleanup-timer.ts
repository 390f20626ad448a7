import { RECONCILE_EVENT, SCHEDULED_EVENT } from '../lib/api/scheduled-event.ts';
import { invoke } from './functions.ts';
import { repeat } from './repeat.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** In place of the schedule. */
export const startCleanupTimer = (intervalSeconds: number): (() => Promise<void>) =>
  repeat('cleanup', () => invoke('cleanup', SCHEDULED_EVENT), intervalSeconds * 1000);

export const startReconcileTimer = (): (() => Promise<void>) =>
  repeat('reconcile', () => invoke('cleanup', RECONCILE_EVENT), DAY_MS);
