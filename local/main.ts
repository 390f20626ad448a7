import { answerToArguments } from './arguments.ts';
import { leaveLambda } from './leave-lambda.ts';

const answer = answerToArguments(process.argv.slice(2));
if (answer) {
  (answer.exitCode === 0 ? process.stdout : process.stderr).write(answer.text);
  process.exitCode = answer.exitCode;
} else {
  leaveLambda(process.env);
  // Only now: what the functions are made of is read from the environment when they are loaded.
  const { run } = await import('./run.ts');
  run(process.env);
}
