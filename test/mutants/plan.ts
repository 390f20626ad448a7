import type { Coverage } from './coverage.ts';
import type { MutantRun, Reached } from './job.ts';
import type { Mutant } from './mutant.ts';

/** A test that reaches a mutant. */
interface Candidate {
  file: string;
  place: number;
  ms: number;
  /** How likely it notices, for the time that it takes. */
  score: number;
}

/** A mutant may take this many times as long as its tests without it, and some (ms). */
const TIMES = 8;
const MORE_MS = 20_000;
/** A quick test is not better than one that takes this long (ms). */
const QUICK_MS = 50;

/** Which tests run with a mutant, in passes: in the first one those that are the likeliest to notice it. */
export class Plan {
  private readonly coverage: Coverage;
  private readonly atLoad: Set<string>;
  private readonly fileOf: Map<string, string>;
  /** Sources that tests reach also after they have loaded. */
  private readonly running: Set<string>;
  private readonly roundsMs: readonly number[];
  private readonly candidates = new Map<string, Candidate[]>();

  /** `roundsMs`: how long the tests of a mutant take together, up to the end of each pass. */
  constructor(coverage: Coverage, mutants: Mutant[], roundsMs: readonly number[]) {
    this.coverage = coverage;
    this.roundsMs = roundsMs;
    this.atLoad = new Set([...coverage.values()].flatMap(({ atLoad }) => atLoad));
    this.fileOf = new Map(mutants.map(({ id, file }) => [id, file]));
    this.running = new Set(
      [...coverage.values()].flatMap(({ tests }) => tests.flatMap((of) => of.mutants.map(sourceOf))),
    );
    for (const { id } of mutants) this.candidates.set(id, []);
    for (const [file, reached] of coverage) if (reached.failed.length === 0) this.add(file, reached);
    for (const list of this.candidates.values()) list.sort((one, other) => other.score - one.score);
  }

  isReached(mutant: string): boolean {
    return (this.candidates.get(mutant) ?? []).length > 0;
  }

  /** The runs of a pass, by test file, for mutants that are alive. */
  runsOf(round: number, alive: Mutant[]): Map<string, MutantRun[]> {
    const runs = new Map<string, MutantRun[]>();
    for (const { id } of alive) {
      for (const [file, chosen] of Map.groupBy(this.ofRound(round, id), (candidate) => candidate.file)) {
        runs.set(file, [...(runs.get(file) ?? []), this.runOf(id, file, chosen)]);
      }
    }
    // The quickest files first: what they kill, the slow ones need not.
    return new Map([...runs].sort(([, one], [, other]) => meanOf(one) - meanOf(other)));
  }

  private ofRound(round: number, mutant: string): Candidate[] {
    const until = this.roundsMs[round] ?? 0;
    const from = round === 0 ? -1 : (this.roundsMs[round - 1] ?? 0);
    let sum = 0;
    return (this.candidates.get(mutant) ?? []).filter(({ ms }) => {
      const before = sum;
      sum += ms;
      return before > from && before <= until;
    });
  }

  private runOf(mutant: string, file: string, chosen: Candidate[]): MutantRun {
    const tests = chosen.map(({ place }) => place).sort((one, other) => one - other);
    const ms = chosen.reduce((sum, candidate) => sum + candidate.ms, this.coverage.get(file)?.otherMs ?? 0);
    return { mutant, tests, isFresh: this.atLoad.has(mutant), mostMs: MORE_MS + TIMES * ms };
  }

  /**
   * A test that reaches little else than a mutant's own source file is about that file. What is reached at load belongs to
   * the tests that reach anything of its file, and of one that is over then to all tests.
   */
  private add(file: string, { tests }: Reached): void {
    for (const [place, { ms, mutants }] of tests.entries()) {
      const reached = new Set(mutants);
      const counts = new Map<string, number>();
      for (const id of reached) {
        counts.set(sourceOf(id), (counts.get(sourceOf(id)) ?? 0) + 1);
      }
      for (const [id, candidates] of this.candidates) {
        const source = this.fileOf.get(id) as string;
        const ofFile = counts.get(source) ?? (this.running.has(source) ? 0 : 1);
        const isReached = reached.has(id) || (this.atLoad.has(id) && ofFile > 0);
        if (isReached) candidates.push({ file, place, ms, score: ofFile / reached.size / (QUICK_MS + ms) });
      }
    }
  }
}

const sourceOf = (id: string): string => id.slice(0, id.indexOf('#'));

const meanOf = (runs: MutantRun[]): number => runs.reduce((sum, { mostMs }) => sum + mostMs, 0) / runs.length;
