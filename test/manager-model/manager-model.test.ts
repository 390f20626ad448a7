import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelWorld } from './model-world.ts';
import { sequences } from './sequences.ts';

const SEED = 8;

describe('the manager does what its model does', () => {
  let world: ModelWorld;
  beforeAll(async () => {
    world = await ModelWorld.open();
  });
  afterAll(() => world.close());

  test('one operation after the other', async () => {
    await fc.assert(sequences(world, 30), { seed: SEED, numRuns: 12 });
    for (const answer of ['create ok', 'create MAX_SESSIONS_REACHED', 'end SESSION_NOT_FOUND', 'end ok', 'sweep ok']) {
      expect(Object.keys(world.seen)).toContain(answer);
    }
  });
});
