import type { Argv } from 'yargs';
import { columns, fields, type CliRun, type CommonOptions } from '../cli-run.ts';

export function addServiceCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli
    .command(
      'health',
      'Say whether the service answers; it needs no caller',
      (command) => command,
      async (options) => {
        const health = await (await run.openClient(options)).getHealth({});
        await run.tell(health, () => health.status);
      },
    )
    .command(
      'reconcile',
      'Compare counters, sessions and directories (operator)',
      (command) =>
        command.option('repair', {
          type: 'boolean',
          default: false,
          description: 'Correct what is found; else it is only shown',
        }),
      async (options) => {
        const found = await (await run.client(options)).reconcile({ repair: options.repair });
        await run.tell(found, () => {
          const table = columns(['KIND', 'FOUND'], Object.entries(found.drift));
          return `${table}\n\n${fields({ repaired: found.repaired, more: found.more ? 'yes' : 'no' })}`;
        });
        if (found.more) run.note('Not everything could be compared: run it again.');
      },
    );
}
