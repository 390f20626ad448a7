/** Loads a module of scenarios, becomes an ordinary user, and runs what it is told to: see `ordinary-user.ts`. */
import { access, constants } from 'node:fs/promises';
import { inspect } from 'node:util';
import type { Orders, Reply, Task } from './ordinary-user.ts';

type Scenarios = Record<string, (directory: string, ...input: unknown[]) => Promise<unknown>>;

const { module, id } = JSON.parse(process.argv[2] ?? '') as Orders;
const scenarios = (await import(module)) as Scenarios;
if (id !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}
const reply = (message: Reply) => process.send?.(message);

process.on('message', (task: Task) => {
  run(task).then(
    (answer) => reply({ answer }),
    (thrown: unknown) => reply({ failure: inspect(thrown) }),
  );
});
reply({});

async function run({ scenario, directory, input }: Task): Promise<unknown> {
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new Error(`An ordinary user cannot work in ${directory}. Set TMPDIR to a place that all may enter.`, {
      cause,
    });
  });
  return scenarios[scenario]?.(directory, ...input);
}
