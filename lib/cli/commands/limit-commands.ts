import type { Argv } from 'yargs';
import type { OutputOf } from '../../api/operations.ts';
import { UsageError } from '../cli-io.ts';
import { fields, type CliRun, type CommonOptions } from '../cli-run.ts';
import { ownerOf, SCOPE } from './owner-options.ts';

/** A limit belongs to whom these name, and never to the caller. */
const OWNER_OF_LIMIT = {
  'of-org': { type: 'string', description: 'The organisation, for the scopes org and user' },
  'of-user': { type: 'string', description: 'The user, for the scope user' },
} as const;

export function addLimitCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('limits', 'How many sessions may be active (operator)', (group) =>
    group
      .command(
        'get <scope>',
        'Show a limit, and how many seats under it are taken',
        (command) => command.positional('scope', SCOPE).options(OWNER_OF_LIMIT),
        async (options) => {
          const limit = await (await run.client(options)).getLimit({ scope: options.scope, ...ownerOf(options) });
          await run.tell(limit, () => limitFields(limit));
        },
      )
      .command(
        'set <scope> <limit>',
        'Set a limit; it ends no session',
        (command) =>
          command
            .positional('scope', SCOPE)
            .positional('limit', { type: 'string', demandOption: true, description: 'A number from 0 on, or none' })
            .options(OWNER_OF_LIMIT)
            .option('items', {
              type: 'number',
              description: 'Over how many items of the table the seats are spread; 1 does for most',
            }),
        async (options) => {
          const { scope, items } = options;
          const limit = limitIn(options.limit);
          const set = await (await run.client(options)).putLimit({ scope, ...ownerOf(options), limit, items });
          await run.tell(set, () => limitFields(set));
        },
      )
      .command(
        'clear <scope>',
        'Remove a limit, so that the configured one holds again',
        (command) => command.positional('scope', SCOPE).options(OWNER_OF_LIMIT),
        async (options) => {
          const { scope } = options;
          await (await run.client(options)).deleteLimit({ scope, ...ownerOf(options) });
          await run.tell({ cleared: scope }, () => `cleared ${scope}`);
        },
      )
      .demandCommand(1, 'Name a command of limits.'),
  );
}

function limitIn(text: string): number | null {
  if (text === 'none') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError('The limit must be a number from 0 on, or none.');
}

const limitFields = ({ limit, active, items, isDefault }: OutputOf<'getLimit'>): string =>
  fields({ limit: limit ?? 'none', active, items, default: isDefault ? 'yes' : 'no' });
