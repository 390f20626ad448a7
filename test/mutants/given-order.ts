import path from 'node:path';

/** Test files run as they are given: the likeliest to find a mutant first. */
export default class GivenOrder {
  sort<Test extends { path: string }>(tests: readonly Test[]): Test[] {
    const placeOf = (test: Test) => process.argv.findIndex((given) => path.resolve(given) === test.path);
    return tests.toSorted((one, other) => placeOf(one) - placeOf(other));
  }

  allFailedTests<Test>(tests: Test[]): Test[] {
    return tests;
  }

  cacheResults(): void {
    // Each run has the same order.
  }
}
