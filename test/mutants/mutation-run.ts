import type { Coverage } from './coverage.ts';
import type { MutantRun, News, Reached } from './job.ts';
import type { JestProcesses } from './jest-process.ts';
import type { Mutant } from './mutant.ts';

/** What became of a mutant: killed by a test, survived all that reach it, or reached by none. */
export interface Verdict {
  mutant: Mutant;
  state: 'killed' | 'survived' | 'not reached';
  by?: string;
}

/** A mutant may take this many times as long as the tests without it, and some (ms). */
const TIMES = 8;
const MORE_MS = 20_000;
const RUNS_OF_A_PROCESS = 150;
const FILES_OF_A_PROCESS = 8;

/** Runs the tests that reach each mutant, one test file after the other, until one fails. */
export class MutationRun {
  private readonly coverage: Coverage;
  private readonly processes: JestProcesses;
  private readonly patienceMs: number;
  private readonly killed = new Map<string, string>();
  private readonly spentMs = new Map<string, number>();
  private readonly done = new Set<string>();

  /** `patienceMs`: of the tests that reach a mutant, the first ones that take this long together. */
  constructor(coverage: Coverage, processes: JestProcesses, patienceMs: number) {
    this.patienceMs = patienceMs;
    this.coverage = new Map([...coverage].sort(([, one], [, other]) => worthOf(other) - worthOf(one)));
    this.processes = processes;
  }

  async run(mutants: Mutant[], onProgress: (line: string) => void): Promise<Verdict[]> {
    for (;;) {
      const runs = this.nextRuns(mutants);
      const files = Object.keys(runs);
      if (files.length === 0) return this.verdicts(mutants);
      const { broken } = await this.processes.run({ kind: 'mutants', runs }, files, (news) => this.take(news));
      if (broken) this.kill(broken.mutant, `${broken.why} in ${broken.testFile}`);
      else for (const file of files) for (const { mutant } of runs[file] ?? []) this.done.add(pair(file, mutant));
      onProgress(`${files.at(-1)}: ${this.killed.size} killed of ${mutants.length}`);
    }
  }

  verdicts(mutants: Mutant[]): Verdict[] {
    const reached = new Set([...this.coverage.values()].flatMap((of) => [...allOf(of)]));
    return mutants.map((mutant) => {
      const by = this.killed.get(mutant.id);
      if (by !== undefined) return { mutant, state: 'killed', by };
      return { mutant, state: reached.has(mutant.id) ? 'survived' : 'not reached' };
    });
  }

  /** The next test files that reach a mutant which is alive. */
  private nextRuns(mutants: Mutant[]): Record<string, MutantRun[]> {
    const next: Record<string, MutantRun[]> = {};
    const spent = new Map(this.spentMs);
    let count = 0;
    for (const [file, reached] of this.coverage) {
      if (reached.failed.length > 0) continue;
      const runs: MutantRun[] = [];
      for (const { id } of mutants) {
        if (this.killed.has(id) || this.done.has(pair(file, id)) || (spent.get(id) ?? 0) > this.patienceMs) continue;
        const run = runOf(id, reached);
        if (!run) continue;
        if (count + runs.length >= RUNS_OF_A_PROCESS) break;
        spent.set(id, (spent.get(id) ?? 0) + msOf(run, reached));
        runs.push(run);
      }
      if (runs.length > 0) next[file] = runs;
      count += runs.length;
      if (count >= RUNS_OF_A_PROCESS || Object.keys(next).length === FILES_OF_A_PROCESS) break;
    }
    return next;
  }

  private take(news: News): void {
    if (news.kind !== 'ended') return;
    const { mutant, testFile, killedBy } = news;
    this.done.add(pair(testFile, mutant));
    const reached = this.coverage.get(testFile) as Reached;
    const run = runOf(mutant, reached);
    this.spentMs.set(mutant, (this.spentMs.get(mutant) ?? 0) + (run ? msOf(run, reached) : 0));
    if (killedBy !== undefined) this.kill(mutant, `${testFile}: ${killedBy}`);
  }

  private kill(mutant: string, by: string): void {
    if (!this.killed.has(mutant)) this.killed.set(mutant, by);
  }
}

function runOf(mutant: string, reached: Reached): MutantRun | undefined {
  const places = [...reached.tests.keys()].filter((place) => reached.tests[place]?.mutants.includes(mutant));
  const tests = reached.atLoad.includes(mutant) ? 'all' : places;
  if (tests.length === 0) return undefined;
  return { mutant, tests, mostMs: MORE_MS + TIMES * msOf({ tests }, reached) };
}

/** The more a test file reaches in less time, the earlier it runs. */
const worthOf = (reached: Reached): number => allOf(reached).size / (1 + msOf({ tests: 'all' }, reached));

function msOf({ tests }: Pick<MutantRun, 'tests'>, reached: Reached): number {
  const of = tests === 'all' ? reached.tests : tests.map((place) => reached.tests[place]);
  return of.reduce((sum, test) => sum + (test?.ms ?? 0), reached.otherMs ?? 4000);
}

const allOf = ({ tests, atLoad }: Reached): Set<string> =>
  new Set([...atLoad, ...tests.flatMap(({ mutants }) => mutants)]);

const pair = (file: string, mutant: string): string => `${file} ${mutant}`;
