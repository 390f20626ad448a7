import type { Argv } from 'yargs';
import { UsageError } from '../cli-io.ts';
import { fields, type CliRun, type CommonOptions } from '../cli-run.ts';
import { IF_VERSION, changeIn, REMOVE } from './metadata-options.ts';
import { sessionFields } from './session-tables.ts';
import { NEEDED_ID } from './owner-options.ts';

export function addMetadataCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli
    .command(
      'update <sessionId>',
      'Replace a session’s metadata, or merge into it',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .option('metadata', { type: 'string', array: true, description: 'name=value; as often as needed' })
          .option('merge', { type: 'boolean', default: false, description: 'Keep what is not named' })
          .option('remove', { ...REMOVE, description: 'With --merge: remove this name' })
          .version(false)
          .option('if-version', IF_VERSION),
      async (options) => {
        const { sessionId, metadata = [], merge, remove = [], ifVersion: version } = options;
        if (remove.length > 0 && !merge) throw new UsageError('--remove needs --merge.');
        if (metadata.length + remove.length === 0) throw new UsageError('Name what changes with --metadata.');
        const change = { sessionId, metadata: changeIn(metadata, remove), merge, version };
        const session = await (await run.client(options)).updateSession(change);
        await run.tell(session, () => sessionFields(session));
      },
    )
    .command(
      'metadata <sessionId> [pairs..]',
      'Show a session’s metadata, or merge into it',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('pairs', { type: 'string', array: true, description: 'name=value; what is not named stays' })
          .option('remove', REMOVE)
          .version(false)
          .option('if-version', IF_VERSION),
      async (options) => {
        const { sessionId, pairs = [], remove = [], ifVersion } = options;
        const merged = changeIn(pairs, remove);
        const isChange = Object.keys(merged).length > 0;
        if (!isChange && ifVersion !== undefined) throw new UsageError('--if-version needs a change.');
        const client = await run.client(options);
        const { metadata, version } = isChange
          ? await client.updateSession({ sessionId, metadata: merged, merge: true, version: ifVersion })
          : await client.getSession({ sessionId });
        await run.tell({ metadata, version }, () => fields(metadata));
        run.note(`Version ${version}.`);
      },
    );
}
