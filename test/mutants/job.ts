/** What a process of jest is to run, by test file; in the file that the environment variable `MUTANT_JOB` names. */
export type Job =
  /** Each file without a mutant, to see which tests reach which mutants. */
  | { kind: 'coverage' }
  /** For each mutant the tests that reach it, until one fails. */
  | { kind: 'mutants'; runs: Record<string, MutantRun[]> };

export interface MutantRun {
  mutant: string;
  /** Places of the tests in their file. */
  tests: number[];
  /** Whether the sources load anew: the mutant matters while they do. */
  isFresh: boolean;
  mostMs: number;
}

/** What a test file reaches: mutants by test, in the order of the file, and what is reached while it loads. */
export interface Reached {
  tests: { ms: number; mutants: string[] }[];
  atLoad: string[];
  /** For loading the file, and its hooks. */
  otherMs: number;
  /** Names of tests that fail without any mutant. */
  failed: string[];
}

/** What a process reports. */
export type News =
  | { kind: 'reached'; testFile: string; reached: Reached }
  | { kind: 'begun'; testFile: string; mutant: string; mostMs: number }
  | { kind: 'ended'; testFile: string; mutant: string; killedBy: string | undefined };
