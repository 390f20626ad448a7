import * as fileSystem from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { countedFileSystem } from '../crash-points/file-system-calls.ts';
import type { ModelWorld } from './model-world.ts';

jest.unstable_mockModule('node:fs/promises', () => countedFileSystem({ ...fileSystem }));
const { openModelWorld } = await import('./model-world.ts');
const { operationOfIndexes } = await import('./operations.ts');
const { sequences } = await import('./sequences.ts');
const { interleavings } = await import('./interleavings.ts');

const SEED = 8;

/** Entries that are not there yet, of the past, of sessions that are gone, in two places and twice, on small pages. */
describe('with late indexes the manager does what its model does', () => {
  let world: ModelWorld;
  beforeAll(async () => {
    world = await openModelWorld({ hasLateIndexes: true });
  });
  afterAll(() => world.close());

  test('one operation after the other', async () => {
    await fc.assert(sequences(world, 30, operationOfIndexes), { seed: SEED, numRuns: 10 });
  });

  test('several callers at once, in some order', async () => {
    await fc.assert(interleavings(world), { seed: SEED, numRuns: 10 });
  });

  test('all of them together have met each kind of lateness', () => {
    expect(world.lateness).toEqual(['gone', 'in two places', 'missing', 'page', 'past', 'twice']);
  });
});
