import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import yargs, { type Argv } from 'yargs';
import { UsageError, type CliIo } from './cli-io.ts';
import { CliRun, type CommonOptions } from './cli-run.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { addAccessCommands } from './commands/access-commands.ts';
import { addCompletionCommand } from './commands/completion-command.ts';
import { addEndingCommands } from './commands/ending-commands.ts';
import { addFileCommands } from './commands/file-commands.ts';
import { addLayerCommands } from './commands/layer-commands.ts';
import { addLimitCommands } from './commands/limit-commands.ts';
import { addMcpCommands } from './commands/mcp-commands.ts';
import { addMetadataCommands } from './commands/metadata-commands.ts';
import { addPromptCommands } from './commands/prompt-commands.ts';
import { addServiceCommands } from './commands/service-commands.ts';
import { addSessionCommands } from './commands/session-commands.ts';
import { addWatchCommand } from './commands/watch-command.ts';
import { asksForJson, checkGiven, type KnownOptions } from './given-options.ts';
import { marked, plainArguments, unmark, unmarkedText } from './plain-arguments.ts';

const NAME = 'agent-session-manager';
const HELP_WIDTH = 110;
const DEFAULT_TIMEOUT_SECONDS = 60;

/** Runs one command line, without the program's name, and gives its exit code. */
export async function runCli(given: string[], io: CliIo): Promise<number> {
  const args = plainArguments(given);
  const run = new CliRun(io, asksForJson(args));
  let printed = '';
  try {
    await commandLine(run, args).parseAsync(marked(args), {}, (_error, _options, output) => {
      printed = output;
    });
    if (printed) io.stdout.write(`${printed.trimEnd()}\n`);
  } catch (thrown) {
    run.fail(io.signal.aborted ? io.signal.reason : thrown);
  }
  return run.exitCode;
}

function commandLine(run: CliRun, args: readonly string[]): Argv<CommonOptions> {
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
      insecure: { type: 'boolean', default: false, description: 'Allow a token over http, which others can read' },
      timeout: { type: 'number', default: DEFAULT_TIMEOUT_SECONDS, description: 'Of each request, in seconds' },
      json: { type: 'boolean', default: false, description: 'JSON for programs; errors too, on stderr' },
    })
    .group(['url', 'user', 'org', 'role', 'token-file', 'sigv4', 'region', 'insecure', 'timeout'], 'Connection:');
  const parts = [
    addSessionCommands,
    addMetadataCommands,
    addPromptCommands,
    addEndingCommands,
    addMcpCommands,
    addFileCommands,
    addAccessCommands,
    addLayerCommands,
    addLimitCommands,
    addServiceCommands,
    addWatchCommand,
  ];
  return addCompletionCommand(
    parts.reduce((soFar, add) => add(soFar, run), cli as Argv<CommonOptions>),
    run,
    NAME,
  )
    .demandCommand(1, 'Name a command; --help lists them.')
    .check((_options, known) => {
      checkGiven(args, { ...(known as unknown as KnownOptions), positional: positionalsOf(cli) });
      return true;
    })
    .middleware(unmark)
    .strict()
    .recommendCommands()
    .fail((message, thrown: Error | undefined) => {
      throw thrown ?? new UsageError(sentence(unmarkedText(message)));
    })
    .help()
    .alias('help', 'h')
    .version(version())
    .epilogue(epilogue())
    .wrap(HELP_WIDTH);
}

/** Of the command that runs. The types of yargs do not have it. */
const positionalsOf = (cli: Argv): string[] =>
  (cli as unknown as { getGroups(): Readonly<Record<string, string[]>> }).getGroups()['Positionals:'] ?? [];

/** Some messages of yargs have several lines, and no end. */
function sentence(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ' ');
  return /[.?]$/.test(line) ? line : `${line}.`;
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
