import type { Argv } from 'yargs';
import type { OutputOf } from '../../api/operations.ts';
import { columns, fields, type CliRun, type CommonOptions } from '../cli-run.ts';
import { NEEDED_ID } from './owner-options.ts';

const SCOPES = ['mcp', 'files:read', 'files:write', 'heartbeat', 'prompt:read'] as const;

/** What a new token is like. */
const ofToken = {
  name: { type: 'string', description: 'A name for people' },
  scope: { choices: SCOPES, array: true, description: 'What the agent may do, as often as needed; else all of it' },
  'expires-in': { type: 'number', description: 'How long it is valid, in seconds; a day if absent' },
} as const;

interface TokenOptions extends CommonOptions {
  sessionId: string;
  name: string | undefined;
  scope: (typeof SCOPES)[number][] | undefined;
  expiresIn: number | undefined;
}

export function addAgentCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('agent', 'The agent of a session, and the tokens by which it calls', (group) =>
    group
      .command(
        'env <sessionId>',
        'Create a token, and print the environment of an agent that uses it',
        (command) =>
          command
            .positional('sessionId', NEEDED_ID)
            .options(ofToken)
            .example('$0 agent env $id > agent.env', 'then: docker run --env-file agent.env …'),
        async (options) => {
          const { token } = await createdToken(run, options);
          const variables = { SESSION_MANAGER_URL: (await run.connection(options)).url, SESSION_MANAGER_TOKEN: token };
          await run.tell(variables, () =>
            Object.entries(variables)
              .map(([name, value]) => `${name}=${value}`)
              .join('\n'),
          );
        },
      )
      .command('token', 'The tokens of a session', (tokens) =>
        addTokenCommands(tokens, run).demandCommand(1, 'Name a command of agent token.'),
      )
      .demandCommand(1, 'Name a command of agent.'),
  );
}

function addTokenCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'create <sessionId>',
      'Create a token, which is shown this once',
      (command) => command.positional('sessionId', NEEDED_ID).options(ofToken),
      async (options) => {
        const created = await createdToken(run, options);
        await run.tell(created, () => fields({ ...created, scopes: created.scopes.join(' ') }));
      },
    )
    .command(
      'list <sessionId>',
      'List the tokens that have not expired',
      (command) => command.positional('sessionId', NEEDED_ID),
      async (options) => {
        const list = await (await run.client(options)).listTokens({ sessionId: options.sessionId });
        await run.tell(list, () => tokenColumns(list.tokens));
      },
    )
    .command(
      'revoke <sessionId> <tokenId>',
      'Revoke a token: the next request with it is refused',
      (command) => command.positional('sessionId', NEEDED_ID).positional('tokenId', NEEDED_ID),
      async (options) => {
        const { sessionId, tokenId } = options;
        await (await run.client(options)).deleteToken({ sessionId, tokenId });
        await run.tell({ revoked: tokenId }, () => `revoked ${tokenId}`);
      },
    );
}

async function createdToken(run: CliRun, options: TokenOptions): Promise<OutputOf<'createToken'>> {
  const { sessionId, name, scope: scopes, expiresIn: expiresInSeconds } = options;
  return (await run.client(options)).createToken({ sessionId, name, scopes, expiresInSeconds });
}

function tokenColumns(tokens: OutputOf<'listTokens'>['tokens']): string {
  const rows = tokens.map(({ id, name, scopes, createdAt, expiresAt }) => [
    id,
    name,
    createdAt,
    expiresAt,
    scopes.join(' '),
  ]);
  return columns(['ID', 'NAME', 'CREATED', 'EXPIRES', 'SCOPES'], rows);
}
