import fc from 'fast-check';

/** So many of a list, the same ones for the same seed. */
export function sample<Item>(all: Item[], count: number, seed: number): Item[] {
  const length = Math.min(count, all.length);
  const some = fc.subarray(all, { minLength: length, maxLength: length });
  return fc.sample(some, { seed, numRuns: 1 })[0] as Item[];
}
