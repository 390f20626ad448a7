import { statSync } from 'node:fs';

/** The suites that take longest. If one of them began last, it would run alone at the end. */
const SLOW = ['test/stack/template', 'test/stack/', 'test/local/', 'test/package/', 'test/contracts/', 'test/limits/'];

const rankOf = (path: string): number => SLOW.findIndex((name) => path.includes(name)) + 1 || SLOW.length + 1;
const sizeOf = (path: string): number => statSync(path).size;

/** The order of jest's test files, the same in each run: the slow ones, then the others by size. */
export default class SlowFirst {
  sort<Test extends { path: string }>(tests: readonly Test[]): Test[] {
    return tests.toSorted(
      (one, other) => rankOf(one.path) - rankOf(other.path) || sizeOf(other.path) - sizeOf(one.path),
    );
  }

  allFailedTests<Test>(tests: Test[]): Test[] {
    return tests;
  }

  cacheResults(): void {
    // The order does not depend on earlier runs.
  }
}
