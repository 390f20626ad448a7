import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reached } from './job.ts';
import type { JestProcesses } from './jest-process.ts';
import type { Mutant } from './mutant.ts';
import { PROJECT, readSource } from './mutated-files.ts';

/** Tests that run the mutated sources themselves, the likeliest first. Other processes run them without mutants. */
const TESTS = [
  'table/*',
  'limits/*',
  'sessions/*',
  'model/*',
  'faults/*',
  'reconcile/*',
  'telemetry/{metrics,events}/*',
  'invariants/*',
  'manager-model/*',
  'workspaces/{trash,usage-scan,root-check}',
  'prompts/*',
  'mcp-clients/mcp-farewells',
  'bench/*',
];
const KEPT_IN = path.join(PROJECT, '.local/mutants/coverage');
const FILES_AT_ONCE = 12;

export type Coverage = Map<string, Reached>;

const testFiles = (): string[] =>
  TESTS.flatMap((tests) => globSync(`test/${tests}.test.ts`, { cwd: PROJECT }).sort()).filter(
    (file) => !file.endsWith('.deep.test.ts') && !readSource(file).includes('/local-server.ts'),
  );

/** What each test file reaches, in the order in which they are to run. Measured for files that have changed since. */
export async function coverageOf(
  mutants: Mutant[],
  processes: JestProcesses,
  onMeasured: (file: string) => void,
): Promise<Coverage> {
  const files = testFiles();
  const places = mutants.map(({ id, before }) => [id, before]);
  const version = createHash('sha256').update(JSON.stringify(places)).digest('hex');
  const placeOf = (file: string) => {
    const hash = createHash('sha256').update(version).update(readSource(file)).digest('hex').slice(0, 16);
    return path.join(KEPT_IN, `${path.basename(file)}-${hash}.json`);
  };
  mkdirSync(KEPT_IN, { recursive: true });
  const unknown = files.filter((file) => kept(placeOf(file)) === undefined);
  for (let from = 0; from < unknown.length; from += FILES_AT_ONCE) {
    await processes.run({ kind: 'coverage' }, unknown.slice(from, from + FILES_AT_ONCE), (news) => {
      if (news.kind !== 'reached') return;
      writeFileSync(placeOf(news.testFile), JSON.stringify(news.reached));
      onMeasured(news.testFile);
    });
  }
  return new Map(files.flatMap((file) => [[file, kept(placeOf(file))] as const]).filter(isMeasured));
}

const isMeasured = (entry: readonly [string, Reached | undefined]): entry is [string, Reached] =>
  entry[1] !== undefined;

function kept(place: string): Reached | undefined {
  try {
    return JSON.parse(readFileSync(place, 'utf8')) as Reached;
  } catch {
    return undefined;
  }
}
