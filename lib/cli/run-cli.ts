import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import yargs, { type Argv } from 'yargs';
import { addAgentCommands } from './agent-commands.ts';
import { UsageError, type CliIo } from './cli-io.ts';
import { CliRun, type CommonOptions } from './cli-run.ts';
import { addEndingCommands } from './ending-commands.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { addFileCommands } from './file-commands.ts';
import { addMcpCommands } from './mcp-commands.ts';
import { marked, unmark, unmarkedText } from './plain-arguments.ts';
import { addSessionCommands } from './session-commands.ts';
import { addWatchCommand } from './watch-command.ts';

const NAME = 'agent-session-manager';
const HELP_WIDTH = 110;
const DEFAULT_TIMEOUT_SECONDS = 60;

/** Runs one command line, without the program's name, and gives its exit code. */
export async function runCli(args: string[], io: CliIo): Promise<number> {
  const run = new CliRun(io, asksForJson(args));
  let printed = '';
  try {
    await commandLine(run).parseAsync(marked(args), {}, (_error, _options, output) => {
      printed = output;
    });
    if (printed) io.stdout.write(`${printed.trimEnd()}\n`);
  } catch (thrown) {
    run.fail(io.signal.aborted ? io.signal.reason : thrown);
  }
  return run.exitCode;
}

/** Known before the command line is read: what is wrong with it is told in the same way. */
function asksForJson(args: string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

function commandLine(run: CliRun): Argv<CommonOptions> {
  const cli = yargs()
    .scriptName(NAME)
    .usage('$0 <command> [options]')
    .locale('en')
    .parserConfiguration({
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-positional-numbers': false,
    })
    .options({
      url: { type: 'string', description: 'Where the API is; else SESSION_MANAGER_URL, else http://127.0.0.1:3000' },
      user: { type: 'string', description: 'The user who is calling; else SESSION_MANAGER_USER' },
      org: { type: 'string', description: 'The organisation of the user; else SESSION_MANAGER_ORG' },
      role: { type: 'string', choices: ['admin', 'operator'], description: 'Else SESSION_MANAGER_ROLE' },
      'token-file': { type: 'string', description: 'Has the bearer token; else SESSION_MANAGER_TOKEN is it' },
      sigv4: { type: 'boolean', default: false, description: 'Sign with AWS credentials (IAM)' },
      region: { type: 'string', description: 'Of the signature; else by the URL, else AWS_REGION' },
      timeout: { type: 'number', default: DEFAULT_TIMEOUT_SECONDS, description: 'Of each request, in seconds' },
      json: { type: 'boolean', default: false, description: 'JSON for programs; errors too, on stderr' },
    })
    .group(['url', 'user', 'org', 'role', 'token-file', 'sigv4', 'region', 'timeout'], 'Connection:');
  const parts = [
    addSessionCommands,
    addEndingCommands,
    addMcpCommands,
    addFileCommands,
    addAgentCommands,
    addWatchCommand,
  ];
  return parts
    .reduce((soFar, add) => add(soFar, run), cli as Argv<CommonOptions>)
    .completion('completion', 'Print the completion script of the shell that SHELL names (bash, zsh)')
    .demandCommand(1, 'Name a command; --help lists them.')
    .middleware(unmark)
    .strict()
    .recommendCommands()
    .fail((message, thrown: Error | undefined) => {
      throw thrown ?? new UsageError(unmarkedText(/[.?]$/.test(message) ? message : `${message}.`));
    })
    .help()
    .alias('help', 'h')
    .version(version())
    .epilogue(epilogue())
    .wrap(HELP_WIDTH);
}

const epilogue = (): string =>
  ['Exit codes:', ...Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(5)}${meaning}`)].join(
    '\n',
  );

/** Of the package that this file belongs to, as source or built. */
function version(): string {
  let directory = import.meta.dirname;
  while (!existsSync(path.join(directory, 'package.json'))) directory = path.dirname(directory);
  return (JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}
