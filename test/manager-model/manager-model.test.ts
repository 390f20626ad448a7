import * as fileSystem from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { countedFileSystem } from '../crash-points/file-system-calls.ts';
import { EXAMPLES } from './examples.ts';
import type { ModelWorld } from './model-world.ts';

jest.unstable_mockModule('node:fs/promises', () => countedFileSystem({ ...fileSystem }));
const { openModelWorld } = await import('./model-world.ts');
const { inSequence, sequences } = await import('./sequences.ts');
const { interleavings } = await import('./interleavings.ts');

const SEED = 8;

describe('the manager does what its model does', () => {
  let world: ModelWorld;
  beforeAll(async () => {
    world = await openModelWorld();
  });
  afterAll(() => world.close());

  test.each(EXAMPLES)('%s', (_what, operations) => inSequence(world, operations));

  test('one operation after the other', async () => {
    await fc.assert(sequences(world, 30), { seed: SEED, numRuns: 20 });
  });

  test('several callers at once, in some order', async () => {
    await fc.assert(interleavings(world), { seed: SEED, numRuns: 40 });
  });

  test('all of them together have met limits, ends and sweeps', () => {
    for (const answer of ['create ok', 'create MAX_SESSIONS_REACHED', 'end SESSION_NOT_FOUND', 'end ok', 'sweep ok']) {
      expect(Object.keys(world.seen)).toContain(answer);
    }
  });
});
