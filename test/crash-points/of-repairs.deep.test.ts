import * as fileSystem from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InvocationResult } from '../../lib/api/invoke-handler.ts';
import type { CrashWorld } from './crash-world.ts';
import { countedFileSystem } from './file-system-calls.ts';
import type { Crash, CrashPoint } from './simulated-process.ts';

jest.unstable_mockModule('node:fs/promises', () => countedFileSystem({ ...fileSystem }));
const { newCrashWorld } = await import('./crash-world.ts');
const { clear, settle } = await import('./crash-run.ts');
const { damaged } = await import('./damage.ts');
const { SimulatedProcess } = await import('./simulated-process.ts');
const { worldViolations } = await import('./world-violations.ts');
const { invoke } = await import('./invocations.ts');

const CRASHES: readonly Crash[] = ['dies before', 'dies after', 'loses the reply'];
const MANY_RUNS_MS = 1_800_000;
const FOUND = {
  counter: 3,
  'seat-items': 1,
  'missing-directory': 1,
  'stray-directory': 1,
  'missing-entry': 1,
  'mcp-client': 1,
  'stray-item': 1,
};

/** What a repair that was cut short leaves, the next one puts right. */
describe('a repair that is cut short at any of its calls', () => {
  let world: CrashWorld;
  beforeAll(async () => {
    world = await newCrashWorld();
  });
  afterAll(() => world.close());

  const reconcile = (repair: boolean) => invoke(world.start(), 'reconcile', { repair });

  async function repairWith(point?: CrashPoint) {
    await clear(world);
    await damaged(world);
    const process = new SimulatedProcess(point);
    const services = world.start();
    const answer = await process.run(() => invoke(services, 'reconcile', { repair: true }));
    const calls = [...process.calls];
    await process.closeAll();
    return { calls, answer };
  }

  async function problems(): Promise<unknown[]> {
    await settle(world);
    const { ok, output } = (await reconcile(false)) as InvocationResult & { output?: { drift: object } };
    const drift = Object.entries(output?.drift ?? {}).filter(([, count]) => count > 0);
    return [...(ok ? [] : ['the look failed']), ...drift, ...(await worldViolations(world))];
  }

  test(
    'is put right by the next one',
    async () => {
      const { calls, answer } = await repairWith();
      expect(answer).toMatchObject({ ok: true, output: { drift: FOUND, repaired: 9, more: false } });
      expect(await problems()).toEqual([]);
      const points = calls.flatMap(({ overNetwork }, index) =>
        CRASHES.filter((kind) => overNetwork || kind !== 'loses the reply').map((kind) => ({
          at: index + 1,
          crash: kind,
        })),
      );
      for (const point of points) {
        const where = `${point.crash} call ${point.at}, ${calls[point.at - 1]?.name}`;
        await repairWith(point);
        expect({ where, again: await reconcile(true) }).toMatchObject({ where, again: { ok: true } });
        expect({ where, problems: await problems() }).toEqual({ where, problems: [] });
      }
      process.stderr.write(`reconcile: ${calls.length} calls, ${points.length} trials\n`);
    },
    MANY_RUNS_MS,
  );
});
