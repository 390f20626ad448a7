import { parseArgs } from 'node:util';

export interface Answer {
  text: string;
  exitCode: 0 | 2;
}

const HELP = `Runs the session manager on this machine: the API, its table and its workspaces.

  npm start                 start; Ctrl-C stops all of it
  npm start -- --help       this text

Settings are environment variables. Those that matter most, with their defaults:

  PORT                      3000; 0 = any free port
  LOCAL_DATA_DIR            .local/; database, workspaces and keys
  WORKSPACE_ROOT            LOCAL_DATA_DIR/workspaces
  DYNAMODB_ENDPOINT         unset: DynamoDB Local is started; Java 17 is fetched if missing
  TABLE_NAME                sessions
  MAX_SESSIONS              100; 0 = no limit. Also MAX_SESSIONS_PER_ORG, MAX_SESSIONS_PER_USER: 0
  INACTIVITY_SECONDS        86400; idle time after which the cleanup ends a session
  CLEANUP_INTERVAL_SECONDS  3600
  MCP_STDIO_COMMANDS        empty; commands that MCP clients may start, with commas between them
  AUTH_MODE                 headers; jwt needs JWT_ISSUER and JWT_AUDIENCE
  LOG_LEVEL                 INFO
  LOG_FORMAT                pretty on a terminal, json elsewhere

docs/reference.md has all of them. Example: PORT=4000 MAX_SESSIONS=10 npm start
`;

/** What is printed instead of a start; undefined if the arguments ask for a start. */
export function answerToArguments(args: readonly string[]): Answer | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } });
    return values.help ? { text: HELP, exitCode: 0 } : undefined;
  } catch {
    const unknown = args.find((one) => one !== '--help' && one !== '-h');
    const text = `There is no option "${unknown}": settings are environment variables. npm start -- --help lists them.\n`;
    return { text, exitCode: 2 };
  }
}
