import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coverageOf } from './coverage.ts';
import { JestProcesses } from './jest-process.ts';
import type { Mutant } from './mutant.ts';
import { allMutants, PROJECT } from './mutated-files.ts';
import { MutationRun, type Verdict } from './mutation-run.ts';
import { exitCodeOf, report } from './report.ts';
import { sample } from './sample.ts';

const LAST_RUN = path.join(PROJECT, '.local/mutants/last-run.json');
const SAMPLE = 60;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    /** How long the tests that reach a mutant may take together, until it counts as one that survives (s). */
    patience: { type: 'string', default: '60' },
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
  return values.all || values.file ? among : sample(among, SAMPLE, seed);
}

const lastRun = (): Verdict[] => JSON.parse(readFileSync(LAST_RUN, 'utf8')) as Verdict[];
/** The same after a change of another place of its file. */
const nameOf = ({ file, before, after }: Mutant): string => [file, before, after].join('\n');

const startedAt = performance.now();
const processes = new JestProcesses();
try {
  const all = allMutants();
  const mutants = chosen(all);
  print(`seed ${seed}: ${mutants.length} of ${all.length} mutants`);
  const coverage = await coverageOf(all, processes, (file) => print(`measured what ${file} reaches`));
  for (const [file, { failed }] of coverage) if (failed.length > 0) print(`left out: ${file} fails: ${failed[0]}`);
  const run = new MutationRun(coverage, processes, Number(values.patience) * 1000);
  mkdirSync(path.dirname(LAST_RUN), { recursive: true });
  const verdicts = await run.run(mutants, (line) => {
    print(line);
    writeFileSync(LAST_RUN, JSON.stringify(run.verdicts(mutants), undefined, 1));
  });
  print(report(verdicts, { seed, minutes: (performance.now() - startedAt) / 60_000 }));
  process.exitCode = exitCodeOf(verdicts);
} finally {
  await processes.stop();
}
