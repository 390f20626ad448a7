import type { Argv } from 'yargs';
import type { SessionManagerHttpClient } from '../../api/client/http-client.ts';
import type { InputOf, OutputOf } from '../../api/operations.ts';
import { UsageError } from '../cli-io.ts';
import { columns, type CliRun, type CommonOptions } from '../cli-run.ts';
import { download, upload } from './local-files.ts';
import { addMoveCommands } from './move-commands.ts';
import { ENCODED, pathField } from './path-options.ts';
import { visible } from '../visible.ts';
import { NEEDED_ID } from './owner-options.ts';

type Entries = OutputOf<'listDirectory'>['entries'];

const PAGE = 1000;

export function addFileCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('files', 'The files of a session’s workspace', (group) =>
    addMoveCommands(addTransferCommands(addDirectoryCommands(group, run), run), run).demandCommand(
      1,
      'Name a command of files.',
    ),
  );
}

function addDirectoryCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'ls <sessionId> [path]',
      'List a directory',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('path', { type: 'string', default: '' })
          .option('encoded', ENCODED),
      async (options) => {
        const { sessionId } = options;
        const entries = await listed(await run.client(options), { sessionId, ...pathField(options) });
        await run.tell({ entries }, () => entryColumns(entries));
      },
    )
    .command(
      'tree <sessionId> [path]',
      'List a directory with all that is below it',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('path', { type: 'string', default: '' })
          .option('depth', { type: 'number', description: 'Only so many levels; 1 is what ls lists' })
          .option('encoded', ENCODED),
      async (options) => {
        const { sessionId, depth } = options;
        const tree = { sessionId, ...pathField(options), recursive: true, depth };
        const entries = await listed(await run.client(options), tree);
        await run.tell({ entries }, () => entryColumns(entries));
      },
    )
    .command(
      'rm <sessionId> <path>',
      'Remove a file, or a directory',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('path', { type: 'string', demandOption: true })
          .option('recursive', {
            alias: 'r',
            type: 'boolean',
            default: false,
            description: 'A directory with all in it',
          })
          .option('directory', { alias: 'd', type: 'boolean', default: false, description: 'An empty directory' })
          .option('encoded', ENCODED),
      async (options) => {
        const client = await run.client(options);
        const { sessionId, path, recursive, directory } = options;
        const what = { sessionId, ...pathField(options) };
        if (recursive || directory) await client.removeDirectory({ ...what, recursive });
        else await client.deleteFile(what);
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
          .positional('sessionId', NEEDED_ID)
          .positional('source', { type: 'string', demandOption: true, description: 'A file here; - is stdin' })
          .positional('path', { type: 'string', description: 'Where in the workspace; else under its name' })
          .option('new', { type: 'boolean', default: false, description: 'Only if nothing is there yet' })
          .option('if-match', { type: 'string', description: 'Only if what is there has this etag' })
          .option('mode', { type: 'string', description: 'Its permissions in octal digits: 755' })
          .option('encoded', ENCODED),
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
          .positional('sessionId', NEEDED_ID)
          .positional('path', { type: 'string', demandOption: true })
          .positional('target', {
            type: 'string',
            description: 'A file or directory here, - for stdout; else its name',
          })
          .option('encoded', ENCODED),
      async (options) => {
        const got = await download(run, await run.client(options), options);
        // On stdout are the bytes, and nothing else.
        if (got.target === '-') return;
        await run.tell(got, () => `read ${visible(got.target)}, ${got.size} bytes`);
      },
    );
}

/** All pages of a list. */
async function listed(client: SessionManagerHttpClient, input: InputOf<'listDirectory'>): Promise<Entries> {
  const entries: Entries = [];
  let cursor: string | undefined;
  do {
    const page = await client.listDirectory({ ...input, limit: PAGE, cursor });
    entries.push(...page.entries);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return entries;
}

/** `ENCODED` is there only where a name is not UTF-8: without it two such names may look the same. */
function entryColumns(entries: Entries): string {
  const isEncoded = entries.some(({ encodedName, encodedPath }) => encodedName ?? encodedPath);
  const rows = entries.map(({ name, path, type, size, modifiedAt, unreadable, encodedName, encodedPath }) => [
    path ?? name,
    type,
    size,
    unreadable ? `${modifiedAt ?? ''} (unreadable)`.trim() : modifiedAt,
    ...(isEncoded ? [encodedPath ?? encodedName] : []),
  ]);
  const first = entries.some(({ path }) => path !== undefined) ? 'PATH' : 'NAME';
  return columns([first, 'TYPE', 'SIZE', 'MODIFIED', ...(isEncoded ? ['ENCODED'] : [])], rows);
}
