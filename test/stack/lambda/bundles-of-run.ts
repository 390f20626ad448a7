import path from 'node:path';
import { FUNCTION_NAMES, type FunctionName } from '../../../cdk/function-rows.ts';
import { buildOfRun } from '../../setup/build-of-run.ts';

/** Each function's code as the build makes it, which is how a synth of the stack makes it too. Who would write in a directory copies it first. */
export async function bundlesOfRun(): Promise<Record<FunctionName, string>> {
  const functions = path.join(await buildOfRun(), 'dist/functions');
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, path.join(functions, name)])) as Record<
    FunctionName,
    string
  >;
}
