import type { Argv } from 'yargs';
import type { CliRun, CommonOptions } from '../cli-run.ts';
import { ENCODED } from './path-options.ts';
import { visible } from '../visible.ts';

const positional = { type: 'string', demandOption: true } as const;

const TRANSFERS = [
  { name: 'mv', operation: 'moveFile', what: 'Move a file or a directory', done: 'moved' },
  { name: 'cp', operation: 'copyFile', what: 'Copy a file or a directory', done: 'copied' },
] as const;

export function addMoveCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return TRANSFERS.reduce(
    (soFar, { name, operation, what, done }) =>
      soFar.command(
        `${name} <sessionId> <from> <to>`,
        what,
        (command) =>
          command
            .positional('sessionId', positional)
            .positional('from', positional)
            .positional('to', { ...positional, description: 'The new path itself, not the directory that it is in' })
            .option('overwrite', {
              type: 'boolean',
              default: false,
              description: 'Replace a file by a file, an empty directory by a directory',
            })
            .option('encoded', ENCODED),
        async (options) => {
          const client = await run.client(options);
          const { sessionId, from, to, overwrite, encoded } = options;
          const ends = encoded ? { encodedFrom: from, encodedTo: to } : { from, to };
          await client[operation]({ sessionId, ...ends, overwrite });
          await run.tell({ from, to }, () => `${done} ${visible(from)} to ${visible(to)}`);
        },
      ),
    group,
  );
}
