import { cpSync, existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FUNCTION_NAMES, type FunctionName } from '../../../cdk/function-rows.ts';
import { functionResources, newApp } from '../synth.ts';

const POLL_MS = 100;

/**
 * Each function's code as a synth of the stack bundles it, which no context changes: made by the first test file of a
 * run that needs it, while others wait. Who would write in a directory copies it first.
 */
export async function bundlesOfRun(): Promise<Record<FunctionName, string>> {
  const bundles = path.join(process.env.DIRECTORY_OF_TEST_RUN as string, 'bundles');
  while (!existsSync(bundles)) {
    const lock = `${bundles}.lock`;
    if (!tookLock(lock)) await sleep(POLL_MS);
    else
      try {
        if (!existsSync(bundles)) makeBundles(bundles);
      } finally {
        rmdirSync(lock);
      }
  }
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, path.join(bundles, name)])) as Record<
    FunctionName,
    string
  >;
}

function tookLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/** There under their name when all are complete. */
function makeBundles(directory: string): void {
  const { stack, outdir } = newApp({}, 'all');
  const made = `${directory}.made`;
  for (const [name, { Metadata }] of Object.entries(functionResources(stack))) {
    cpSync(path.join(outdir, Metadata?.['aws:asset:path'] as string), path.join(made, name), { recursive: true });
  }
  renameSync(made, directory);
}
