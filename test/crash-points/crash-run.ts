import { readdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { InvocationResult } from '../../lib/api/invoke-handler.ts';
import type { CrashCase } from './cases.ts';
import type { CrashWorld } from './crash-world.ts';
import { SimulatedProcess, type CrashPoint, type OutsideCall } from './simulated-process.ts';
import { invoke } from './invocations.ts';

/** Longer than a directory may stand aside for a create that is still under way, and than a grant may take. */
const AFTERWARDS = { seconds: 20 * 60 };

const LOCKS_LAST_MS = 2 * 60 * 1000;

/** What there was to see of an operation that was disturbed at one call. */
export interface CrashReport {
  /** All that it called, up to its end or its death. */
  calls: OutsideCall[];
  /** Nothing: it died. */
  answer: InvocationResult | undefined;
  /** How many files it had open when it had answered. */
  leftOpen: number;
  /** The same request again, at a new process. */
  repeated?: InvocationResult;
}

/** The operation in a process that crashes, then again in a new one if that is wanted, then one sweep. */
export async function crash(
  world: CrashWorld,
  { operation, work }: CrashCase,
  { point, repeat }: { point?: CrashPoint; repeat: boolean },
): Promise<CrashReport> {
  const input = await work.prepare(world.bystander, world);
  const process = new SimulatedProcess(point);
  const services = world.start();
  const answer = await process.run(() => invoke(services, operation, input));
  const report: CrashReport = { calls: [...process.calls], answer, leftOpen: process.open.size };
  await process.closeAll();
  await age(world);
  if (repeat) report.repeated = await invoke(world.start(), operation, input);
  await settle(world);
  if (answer?.ok || report.repeated?.ok) await work.seen?.(world.bystander, input);
  return report;
}

/** A moment later, when nobody waits any more for locks on files that a process held when it died. */
async function age({ root }: CrashWorld): Promise<void> {
  const uploads = path.join(root, '.uploads');
  const then = new Date(Date.now() - LOCKS_LAST_MS);
  for (const name of await readdir(uploads, { recursive: true }).catch(() => [])) {
    await utimes(path.join(uploads, name), then, then);
  }
}

/** What happens on its own: the stream is handled, and one sweep and one check of access points run. */
export async function settle(world: CrashWorld): Promise<void> {
  world.clock.advance(AFTERWARDS);
  const { manager, accessCheck } = world.bystander;
  await manager.cleanupInactiveSessions();
  await world.deliverChanges();
  await accessCheck.run(AbortSignal.timeout(20_000));
}

/** Ends all sessions, so that the next run begins with an empty world: what is made once is made again. */
export async function clear(world: CrashWorld): Promise<void> {
  world.clock.advance({ seconds: 1 });
  await world.bystander.manager.cleanupInactiveSessions(0);
  await world.deliverChanges();
  world.stopAll();
  for (const name of await readdir(world.root)) await rm(path.join(world.root, name), { recursive: true });
}
