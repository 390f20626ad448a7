import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';
import { SWITCH } from './mutant.ts';

/** Which tests run, and what became of them. */
export interface Selection {
  mutant: string | undefined;
  tests: number[] | 'all';
  isFresh: boolean;
}

/** The test file has fewer tests than when it was measured. */
export class NoSuchTest extends Error {}

/** The global object that tests and sources share: it knows the active mutant, and which tests have reached which. */
export default class MutantEnvironment extends TestEnvironment {
  private selection: Selection = { mutant: undefined, tests: 'all', isFresh: true };
  private tests: Circus.TestEntry[] = [];
  private current: Set<string>[] = [];
  /** By test; what no test has reached belongs to all of them. */
  reached: Set<string>[] = [];
  atLoad = new Set<string>();
  failed: { test: number | undefined; name: string } | undefined;

  override async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, { [SWITCH]: (id: string) => this.isActive(id) });
  }

  select(selection: Selection): void {
    this.selection = selection;
    this.failed = undefined;
    this.atLoad = new Set();
    this.current = [this.atLoad];
  }

  get durations(): number[] {
    return this.tests.map(({ duration }) => duration ?? 0);
  }

  handleTestEvent: Circus.EventHandler = (event, state) => {
    if (event.name === 'run_start') this.begin(state);
    if (event.name === 'run_describe_start') this.reachedBy(testsIn(event.describeBlock));
    if (event.name === 'test_start') this.reachedBy([event.test]);
    if (event.name === 'test_done') this.end(event.test);
    if (event.name === 'run_describe_finish') this.endOf(event.describeBlock);
    if (event.name === 'run_finish' && state.unhandledErrors.length > 0)
      this.failed ??= { test: undefined, name: 'an error that nobody has caught' };
  };

  private isActive(id: string): boolean {
    for (const set of this.current) set.add(id);
    return id === this.selection.mutant;
  }

  private begin({ rootDescribeBlock }: Circus.State): void {
    this.tests = testsIn(rootDescribeBlock);
    this.reached = this.tests.map(() => new Set());
    const { tests } = this.selection;
    if (tests === 'all') return;
    if (tests.some((place) => place >= this.tests.length)) throw new NoSuchTest();
    const wanted = new Set(tests);
    for (const [place, test] of this.tests.entries()) if (!wanted.has(place)) test.mode = 'skip';
  }

  private reachedBy(tests: Circus.TestEntry[]): void {
    this.current = tests.flatMap((test) => this.reached[this.tests.indexOf(test)] ?? []);
  }

  private end(test: Circus.TestEntry): void {
    this.reachedBy(testsIn(test.parent));
    if (test.errors.length === 0) return;
    this.failed ??= { test: this.tests.indexOf(test), name: test.name };
    if (this.selection.mutant !== undefined) for (const other of this.tests) other.mode = 'skip';
  }

  /** What fails in a hook after all tests of a block is a failure of none of them. */
  private endOf(block: Circus.DescribeBlock): void {
    if (block.parent) this.reachedBy(testsIn(block.parent));
  }
}

const testsIn = (block: Circus.DescribeBlock): Circus.TestEntry[] =>
  block.children.flatMap((child) => (child.type === 'test' ? [child] : testsIn(child)));
