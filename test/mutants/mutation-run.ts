import type { MutantRun, News } from './job.ts';
import type { JestProcesses } from './jest-process.ts';
import type { Mutant } from './mutant.ts';
import type { Plan } from './plan.ts';

/** What became of a mutant: killed by a test, survived all that reach it, reached by none, or not known in time. */
export interface Verdict {
  mutant: Mutant;
  state: 'killed' | 'survived' | 'not reached' | 'undecided';
  by?: string;
}

const RUNS_OF_A_PROCESS = 150;
const FILES_OF_A_PROCESS = 8;

/** Runs tests with each mutant until one fails. */
export class MutationRun {
  private readonly mutants: Mutant[];
  private readonly plan: Plan;
  private readonly processes: JestProcesses;
  private readonly killed = new Map<string, string>();
  /** Mutants with tests that have not run in time. */
  private readonly undecided = new Set<string>();

  /** `known`: of an earlier run, which this one continues. */
  constructor(mutants: Mutant[], plan: Plan, processes: JestProcesses, known: Verdict[]) {
    this.mutants = mutants;
    this.plan = plan;
    this.processes = processes;
    const ids = new Set(mutants.map(({ id }) => id));
    for (const { mutant, by } of known) if (by !== undefined && ids.has(mutant.id)) this.kill(mutant.id, by);
  }

  async round(round: number, onProgress: (line: string) => void): Promise<void> {
    const alive = this.mutants.filter(({ id }) => !this.killed.has(id));
    const left = this.plan.runsOf(round, alive);
    for (let runs = this.next(left); runs.size > 0; runs = this.next(left)) {
      const files = [...runs.keys()];
      const news = (of: News) => this.take(of, left);
      const { broken } = await this.processes.run({ kind: 'mutants', runs: Object.fromEntries(runs) }, files, news);
      if (this.processes.isOver) break;
      if (broken) this.kill(broken.mutant, `${broken.why} in ${broken.testFile}`);
      // What a process that has ended by itself did not report, the next one would not either.
      else for (const [file, given] of runs) left.set(file, without(left.get(file), given));
      onProgress(
        `round ${round + 1}, ${files.length} test files: ${this.killed.size} of ${this.mutants.length} killed`,
      );
    }
    for (const runs of left.values()) for (const { mutant } of runs) this.undecided.add(mutant);
  }

  verdicts(): Verdict[] {
    return this.mutants.map((mutant) => {
      const by = this.killed.get(mutant.id);
      if (by !== undefined) return { mutant, state: 'killed', by };
      if (!this.plan.isReached(mutant.id)) return { mutant, state: 'not reached' };
      return { mutant, state: this.undecided.has(mutant.id) ? 'undecided' : 'survived' };
    });
  }

  /** What the next process runs: whole test files, or a part of a large one. */
  private next(left: Map<string, MutantRun[]>): Map<string, MutantRun[]> {
    const next = new Map<string, MutantRun[]>();
    let room = RUNS_OF_A_PROCESS;
    for (const [file, runs] of left) {
      const alive = runs.filter(({ mutant }) => !this.killed.has(mutant));
      left.set(file, alive);
      if (alive.length > 0 && room > 0 && next.size < FILES_OF_A_PROCESS) next.set(file, alive.slice(0, room));
      room -= alive.length;
    }
    return next;
  }

  private take(news: News, left: Map<string, MutantRun[]>): void {
    if (news.kind !== 'ended') return;
    const { mutant, testFile, killedBy } = news;
    left.set(testFile, without(left.get(testFile), [{ mutant }]));
    if (killedBy !== undefined) this.kill(mutant, `${testFile}: ${killedBy}`);
  }

  private kill(mutant: string, by: string): void {
    if (!this.killed.has(mutant)) this.killed.set(mutant, by);
  }
}

function without(runs: MutantRun[] = [], done: Pick<MutantRun, 'mutant'>[]): MutantRun[] {
  const over = new Set(done.map(({ mutant }) => mutant));
  return runs.filter(({ mutant }) => !over.has(mutant));
}
