import type { Argv } from 'yargs';
import type { InputOf } from '../../api/operations.ts';
import { UsageError } from '../cli-io.ts';
import type { CliRun, CommonOptions } from '../cli-run.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonObject, parsedObject } from '../json-input.ts';
import { textIn } from '../text-input.ts';
import { clientColumns, clientFields, toolColumns, toolText } from './mcp-tables.ts';
import { visible } from '../visible.ts';
import { NEEDED_ID } from './owner-options.ts';

const clientId = { type: 'string', demandOption: true } as const;

const AUTH_FILE = {
  type: 'string',
  description: 'Credentials as JSON, { "auth"?, "headers"? }; - reads them from stdin. No arguments: others see those',
} as const;
/** As an error says it. */
const SECRET = 'the credentials of the MCP server';

export function addMcpCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('mcp', 'The MCP clients of a session', (group) =>
    addClientCommands(addToolCommands(group, run), run).demandCommand(1, 'Name a command of mcp.'),
  );
}

function addClientCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'add <sessionId> <clientId> [command..]',
      'Connect to an MCP server; one over stdio is named after --, with its arguments',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('clientId', { ...clientId, description: 'The id that the client will have' })
          .positional('command', { type: 'string', array: true, description: 'Over stdio: what to start' })
          .option('type', { choices: ['http', 'sse', 'stdio'] as const, description: 'Else by what else is told' })
          .option('endpoint', { type: 'string', description: 'The URL of the MCP server' })
          .option('name', { type: 'string' })
          .option('timeout-ms', { type: 'number', description: 'How long the MCP server may take for an answer' })
          .option('auth-file', AUTH_FILE)
          .example('$0 mcp add $id search --endpoint https://mcp.example.com/mcp', '')
          .example('$0 mcp add $id files -- npx my-mcp-server /data', ''),
      async (options) => {
        const [command, ...args] = options.command ?? [];
        checkServerNamed(options.endpoint, command);
        const { authFile } = options;
        const given = authFile === undefined ? {} : await credentials(authFile, run);
        const client = await (
          await run.client(options, authFile && SECRET)
        ).addMcpClient({
          sessionId: options.sessionId,
          id: options.clientId,
          name: options.name,
          type: options.type ?? (command === undefined ? 'http' : 'stdio'),
          endpoint: options.endpoint,
          command,
          args: command === undefined ? undefined : args,
          config: options.timeoutMs === undefined ? undefined : { timeoutMs: options.timeoutMs },
          ...given,
        });
        await run.tell(client, () => clientFields(client));
      },
    )
    .command(
      'list <sessionId>',
      'List the MCP clients',
      (command) => command.positional('sessionId', NEEDED_ID),
      async (options) => {
        const list = await (await run.client(options)).listMcpClients({ sessionId: options.sessionId });
        await run.tell(list, () => clientColumns(list.mcpClients));
      },
    )
    .command(
      'auth <sessionId> <clientId>',
      'Replace the credentials for an MCP server; what the file leaves out is removed',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('clientId', clientId)
          .option('auth-file', { ...AUTH_FILE, demandOption: true }),
      async (options) => {
        const { sessionId, clientId, authFile } = options;
        const given = await credentials(authFile, run);
        await (await run.client(options, SECRET)).updateMcpClientAuth({ sessionId, clientId, ...given });
        await run.tell({ updated: clientId }, () => `updated ${visible(clientId)}`);
      },
    )
    .command(
      'remove <sessionId> <clientId>',
      'End a connection to an MCP server',
      (command) => command.positional('sessionId', NEEDED_ID).positional('clientId', clientId),
      async (options) => {
        const { sessionId, clientId } = options;
        await (await run.client(options)).removeMcpClient({ sessionId, clientId });
        await run.tell({ removed: clientId }, () => `removed ${visible(clientId)}`);
      },
    );
}

function checkServerNamed(endpoint: string | undefined, command: string | undefined): void {
  if (endpoint !== undefined || command !== undefined) return;
  throw new UsageError(
    'The MCP server is told by --endpoint, or a command after -- that starts it; --url is where the session manager is.',
  );
}

function addToolCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'tools <sessionId> <clientId>',
      'List the tools of an MCP server',
      (command) => command.positional('sessionId', NEEDED_ID).positional('clientId', clientId),
      async (options) => {
        const { sessionId, clientId } = options;
        const list = await (await run.client(options)).listMcpTools({ sessionId, clientId });
        await run.tell(list, () => toolColumns(list.tools));
      },
    )
    .command(
      'call <sessionId> <clientId> <tool> [arguments]',
      'Call a tool; where the tool reports an error, the exit code says so',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .positional('clientId', clientId)
          .positional('tool', { type: 'string', demandOption: true })
          .positional('arguments', {
            type: 'string',
            default: '{}',
            description: 'A JSON object; - reads it from stdin',
          }),
      async (options) => {
        const { sessionId, clientId, tool } = options;
        const args = await jsonObject('The arguments', options.arguments, run.io);
        const result = await (
          await run.client(options)
        ).callMcpTool({ sessionId, clientId, name: tool, arguments: args });
        await run.tell(result, () => toolText(result));
        if (result.isError) run.end(EXIT.failed);
      },
    );
}

type Credentials = Pick<InputOf<'addMcpClient'>, 'auth' | 'headers'>;

async function credentials(file: string, { io }: CliRun): Promise<Credentials> {
  const given: Record<string, unknown> = parsedObject('--auth-file', await textIn(file, '--auth-file', io));
  const { auth, headers, ...rest } = given as Credentials;
  if (Object.keys(rest).length > 0) throw new UsageError('--auth-file must have "auth" and "headers" alone.');
  return { auth, headers };
}
