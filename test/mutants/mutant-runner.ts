import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Config } from '@jest/types';
import type { TestResult } from '@jest/test-result';
import type JestRuntime from 'jest-runtime';
import type { Job, MutantRun, News } from './job.ts';
import type MutantEnvironment from './mutant-environment.ts';
import { NoSuchTest, type Selection } from './mutant-environment.ts';

const require = createRequire(import.meta.url);
const CIRCUS = require.resolve('jest-circus/runner');
const INITIALIZER = path.join(path.dirname(CIRCUS), 'jestAdapterInit.js');

const job = JSON.parse(readFileSync(process.env.MUTANT_JOB as string, 'utf8')) as Job;
const TESTS = new URL('..', import.meta.url).href;
const isOfProject = (key: string) => !key.includes('/node_modules/');
/** And what jest gives them. */
const isOfTests = (key: string) => !key.includes('/') || key.startsWith(TESTS) || key.startsWith('@jest/');

/** By an earlier test file of this process. */
const killed = new Set<string>();

type RunCircus = (...given: Parameters<typeof runMutants>) => Promise<TestResult>;
const { default: runCircus } = require(CIRCUS) as { default: RunCircus };

/** What jest keeps of the modules of a test file; it has no way of its own to give up some of them. */
interface Registries {
  esModuleRegistry: Map<string, unknown>;
  internalModuleRegistry: Map<string, unknown>;
  /** What tests have put in place of modules. */
  moduleMockRegistry: Map<string, unknown>;
}

/**
 * Runs a test file again and again in one process, with another mutant each time. Its own modules are evaluated anew for
 * each, the sources only for mutants that matter while they load, packages once.
 */
export default async function runMutants(
  globalConfig: Config.GlobalConfig,
  config: Config.ProjectConfig,
  environment: MutantEnvironment,
  runtime: JestRuntime.default,
  testPath: string,
): Promise<TestResult> {
  const testFile = path.relative(config.rootDir, testPath);
  const runOnce = async (selection: Selection) => {
    renew(environment, runtime, selection.isFresh);
    environment.select(selection);
    return runCircus(globalConfig, config, environment, runtime, testPath);
  };
  if (job.kind === 'coverage') return coverage(testFile, environment, runOnce);
  let last: TestResult | undefined;
  const judge = new Judge(testFile, environment, async (selection) => void (last = await runOnce(selection)));
  for (const run of job.runs[testFile] ?? []) await judge.judge(run);
  return last ?? runOnce({ mutant: undefined, tests: [], isFresh: false });
}

async function coverage(
  testFile: string,
  environment: MutantEnvironment,
  runOnce: (of: Selection) => Promise<TestResult>,
): Promise<TestResult> {
  const startedAt = performance.now();
  const result = await runOnce({ mutant: undefined, tests: 'all', isFresh: false });
  const ms = performance.now() - startedAt;
  const { durations, reached } = environment;
  const atLoad = [...environment.atLoad];
  const tests = durations.map((ms, place) => ({ ms, mutants: [...(reached[place] ?? [])] }));
  const otherMs = Math.max(0, ms - durations.reduce((sum, of) => sum + of, 0));
  tell({ kind: 'reached', testFile, reached: { tests, atLoad, otherMs, failed: failuresOf(result) } });
  return result;
}

function failuresOf({ testResults, failureMessage }: TestResult): string[] {
  const failed = testResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  return failed.length === 0 && failureMessage ? [failureMessage] : failed;
}

class Judge {
  private readonly testFile: string;
  private readonly environment: MutantEnvironment;
  private readonly run: (of: Selection) => Promise<void>;
  /** Whether a test passes alone, and all of them, without a mutant. */
  private readonly sound = new Map<number | 'all', boolean>();

  constructor(testFile: string, environment: MutantEnvironment, run: (of: Selection) => Promise<void>) {
    this.testFile = testFile;
    this.environment = environment;
    this.run = run;
  }

  async judge({ mutant, mostMs, tests, isFresh }: MutantRun): Promise<void> {
    if (killed.has(mutant)) return;
    const { testFile } = this;
    tell({ kind: 'begun', testFile, mutant, mostMs });
    let killedBy = await this.failureWith({ mutant, tests, isFresh });
    // A test that needs those before it fails without any mutant.
    if (killedBy && !(await this.isSound(killedBy.test ?? 'all'))) {
      const all = await this.failureWith({ mutant, tests: 'all', isFresh });
      killedBy = all && (await this.isSound('all')) ? all : undefined;
    }
    if (killedBy) killed.add(mutant);
    tell({ kind: 'ended', testFile, mutant, killedBy: killedBy?.name });
  }

  private async isSound(test: number | 'all'): Promise<boolean> {
    const known = this.sound.get(test);
    if (known !== undefined) return known;
    const passes =
      (await this.failureWith({ mutant: undefined, tests: test === 'all' ? 'all' : [test], isFresh: true })) ===
      undefined;
    this.sound.set(test, passes);
    return passes;
  }

  private async failureWith(selection: Selection) {
    try {
      await this.run(selection);
    } catch (thrown) {
      if (thrown instanceof NoSuchTest) throw thrown;
      return { test: undefined, name: `the test file cannot be loaded: ${String(thrown).slice(0, 80)}` };
    }
    return this.environment.failed;
  }
}

/** As before the first run, but for modules that may stay. What has replaced modules by its own needs all of them. */
function renew(environment: MutantEnvironment, runtime: JestRuntime.default, isFresh: boolean): void {
  const { registries } = runtime as unknown as { registries: Registries };
  const isRenewed = isFresh || registries.moduleMockRegistry.size > 0 ? isOfProject : isOfTests;
  for (const key of registries.esModuleRegistry.keys()) {
    if (isRenewed(key)) registries.esModuleRegistry.delete(key);
  }
  registries.moduleMockRegistry.clear();
  registries.internalModuleRegistry.delete(INITIALIZER);
  Reflect.deleteProperty(environment.global, Symbol.for('EVENT_HANDLERS'));
  runtime.enterTestCode();
}

const tell = (news: News): void => void process.send?.(news);
