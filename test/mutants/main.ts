import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coverageOf } from './coverage.ts';
import { JestProcesses } from './jest-process.ts';
import type { Mutant } from './mutant.ts';
import { allMutants, PROJECT } from './mutated-files.ts';
import { MutationRun, type Verdict } from './mutation-run.ts';
import { Plan } from './plan.ts';
import { exitCodeOf, report } from './report.ts';
import { sample } from './sample.ts';

const LAST_RUN = path.join(PROJECT, '.local/mutants/last-run.json');
const SAMPLE = 60;
const SAMPLE_MINUTES = 20;
/** How long the tests of a mutant take together, in the first passes (ms). */
const ROUNDS_MS = [1_500, 8_000];

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    /** How long the tests that reach a mutant may take together, until it counts as one that survives (s). */
    patience: { type: 'string', default: '60' },
    /** Takes what the last run has killed as killed. */
    resume: { type: 'boolean', default: false },
    /** Stops then; what is not decided is counted neither way. Without it: 20 for a sample, none for a whole. */
    minutes: { type: 'string' },
    all: { type: 'boolean', default: false },
    /** Parts of paths, with commas between them. */
    file: { type: 'string', default: '' },
    /** Those of the last run that no test has killed. */
    survivors: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const print = (line: string) => void process.stdout.write(`${line}\n`);

function chosen(all: Mutant[]): Mutant[] {
  const parts = values.file.split(',');
  const among = all.filter(({ file }) => parts.some((part) => file.includes(part)));
  if (values.survivors) {
    const alive = new Set(lastRun().flatMap(({ mutant, state }) => (state === 'killed' ? [] : [nameOf(mutant)])));
    return among.filter((mutant) => alive.has(nameOf(mutant)));
  }
  return isSample ? sample(among, SAMPLE, seed) : among;
}

const lastRun = (): Verdict[] => JSON.parse(readFileSync(LAST_RUN, 'utf8')) as Verdict[];
/** The same after a change of another place of its file. */
const nameOf = ({ file, before, after }: Mutant): string => [file, before, after].join('\n');

const startedAt = performance.now();
const isSample = !values.all && !values.file && !values.survivors;
const minutes = Number(values.minutes ?? (isSample ? SAMPLE_MINUTES : Infinity));
const over = new AbortController();
const stop = () => over.abort();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
if (minutes !== Infinity) setTimeout(stop, minutes * 60_000).unref();
const processes = new JestProcesses(over.signal);
try {
  const all = allMutants();
  const mutants = chosen(all);
  print(`seed ${seed}: ${mutants.length} of ${all.length} mutants`);
  const coverage = await coverageOf(all, processes, (file) => print(`measured what ${file} reaches`));
  if (processes.isOver) throw new Error('The time was over before the tests were measured. The next run goes on.');
  for (const [file, { failed }] of coverage) if (failed.length > 0) print(`left out: ${file} fails: ${failed[0]}`);
  const roundsMs = [...ROUNDS_MS, Number(values.patience) * 1000];
  const run = new MutationRun(
    mutants,
    new Plan(coverage, mutants, roundsMs),
    processes,
    values.resume ? lastRun() : [],
  );
  mkdirSync(path.dirname(LAST_RUN), { recursive: true });
  for (const round of roundsMs.keys()) {
    await run.round(round, (line) => {
      print(line);
      writeFileSync(LAST_RUN, JSON.stringify(run.verdicts(), undefined, 1));
    });
  }
  const verdicts = run.verdicts();
  writeFileSync(LAST_RUN, JSON.stringify(verdicts, undefined, 1));
  print(report(verdicts, { seed, minutes: (performance.now() - startedAt) / 60_000 }));
  process.exitCode = exitCodeOf(verdicts);
} finally {
  await processes.stop();
}
