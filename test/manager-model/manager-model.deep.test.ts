import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelWorld } from './model-world.ts';
import { sequences } from './sequences.ts';

/** A seed that found something goes into `MODEL_SEED`; `MODEL_RUNS` for fewer. */
const seed = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));
const numRuns = Number(process.env.MODEL_RUNS ?? 2_000);
const HOUR_MS = 60 * 60_000;

describe(`the manager does what its model does, seed ${seed}`, () => {
  let world: ModelWorld;
  beforeAll(async () => {
    world = await ModelWorld.open();
  });
  afterAll(async () => {
    process.stdout.write(`seed ${seed}: ${JSON.stringify(world.seen)}\n`);
    await world.close();
  });

  test(`${numRuns} sequences of operations`, () => fc.assert(sequences(world, 40), { seed, numRuns }), HOUR_MS);
});
