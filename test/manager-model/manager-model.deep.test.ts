import { randomInt } from 'node:crypto';
import * as fileSystem from 'node:fs/promises';
import { afterAll, beforeAll, describe, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { countedFileSystem } from '../crash-points/file-system-calls.ts';
import type { ModelWorld } from './model-world.ts';

jest.unstable_mockModule('node:fs/promises', () => countedFileSystem({ ...fileSystem }));
const { openModelWorld } = await import('./model-world.ts');
const { sequences } = await import('./sequences.ts');
const { interleavings } = await import('./interleavings.ts');

/** A seed that found something goes into `MODEL_SEED`; `MODEL_RUNS` for fewer. */
const seed = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));
const numRuns = Number(process.env.MODEL_RUNS ?? 1_000);
const HOUR_MS = 60 * 60_000;

describe.each([
  ['', false],
  [' with late indexes', true],
])(`the manager does what its model does, seed ${seed}%s`, (_how, hasLateIndexes) => {
  let world: ModelWorld;
  beforeAll(async () => {
    world = await openModelWorld({ hasLateIndexes });
  });
  afterAll(async () => {
    process.stdout.write(`seed ${seed}: ${JSON.stringify({ ...world.seen, lateness: world.lateness })}\n`);
    await world.close();
  });

  test(`${numRuns} sequences`, () => fc.assert(sequences(world, 40), { seed, numRuns }), HOUR_MS);
  test(`${numRuns} schedules of callers`, () => fc.assert(interleavings(world), { seed, numRuns }), HOUR_MS);
});
