import type { Argv } from 'yargs';
import type { OutputOf } from '../api/operations.ts';
import { UsageError } from './cli-io.ts';
import { columns, type CliRun, type CommonOptions } from './cli-run.ts';
import { download, upload } from './local-files.ts';
import { visible } from './visible.ts';

type Entries = OutputOf<'listDirectory'>['entries'];

const PAGE = 1000;
const sessionId = { type: 'string', demandOption: true } as const;

export function addFileCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('files', 'The files of a session’s workspace', (group) =>
    addTransferCommands(addDirectoryCommands(group, run), run).demandCommand(1, 'Name a command of files.'),
  );
}

function addDirectoryCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'ls <sessionId> [path]',
      'List a directory',
      (command) => command.positional('sessionId', sessionId).positional('path', { type: 'string', default: '' }),
      async (options) => {
        const client = await run.client(options);
        const { sessionId, path } = options;
        const entries: Entries = [];
        let cursor: string | undefined;
        do {
          const page = await client.listDirectory({ sessionId, path, limit: PAGE, cursor });
          entries.push(...page.entries);
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        await run.tell({ entries }, () => entryColumns(entries));
      },
    )
    .command(
      'rm <sessionId> <path>',
      'Remove a file, or a directory',
      (command) =>
        command
          .positional('sessionId', sessionId)
          .positional('path', { type: 'string', demandOption: true })
          .option('recursive', {
            alias: 'r',
            type: 'boolean',
            default: false,
            description: 'A directory with all in it',
          })
          .option('directory', { alias: 'd', type: 'boolean', default: false, description: 'An empty directory' }),
      async (options) => {
        const client = await run.client(options);
        const { sessionId, path, recursive, directory } = options;
        if (recursive || directory) await client.removeDirectory({ sessionId, path, recursive });
        else await client.deleteFile({ sessionId, path });
        await run.tell({ removed: path }, () => `removed ${visible(path)}`);
      },
    );
}

function addTransferCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'put <sessionId> <source> [path]',
      'Write a file of any size into the workspace',
      (command) =>
        command
          .positional('sessionId', sessionId)
          .positional('source', { type: 'string', demandOption: true, description: 'A file here; - is stdin' })
          .positional('path', { type: 'string', description: 'Where in the workspace; else under its name' })
          .option('new', { type: 'boolean', default: false, description: 'Only if nothing is there yet' })
          .option('if-match', { type: 'string', description: 'Only if what is there has this etag' }),
      async (options) => {
        if (options.new && options.ifMatch !== undefined) throw new UsageError('--new excludes --if-match.');
        const client = await run.client(options);
        const put = await upload(run, client, {
          ...options,
          ifNoneMatch: options.new ? '*' : undefined,
        });
        await run.tell(put, () => `wrote ${visible(put.path)}, ${put.size} bytes, etag ${put.etag}`);
      },
    )
    .command(
      'get <sessionId> <path> [target]',
      'Read a file of any size from the workspace',
      (command) =>
        command
          .positional('sessionId', sessionId)
          .positional('path', { type: 'string', demandOption: true })
          .positional('target', {
            type: 'string',
            description: 'A file or directory here, - for stdout; else its name',
          }),
      async (options) => {
        const got = await download(run, await run.client(options), options);
        // On stdout are the bytes, and nothing else.
        if (got.target === '-') return;
        await run.tell(got, () => `read ${visible(got.target)}, ${got.size} bytes`);
      },
    );
}

function entryColumns(entries: Entries): string {
  const rows = entries.map(({ name, type, size, modifiedAt }) => [name, type, size, modifiedAt]);
  return columns(['NAME', 'TYPE', 'SIZE', 'MODIFIED'], rows);
}
