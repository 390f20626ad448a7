import type { Argv } from 'yargs';
import { UsageError } from '../cli-io.ts';
import { columns, type CliRun, type CommonOptions } from '../cli-run.ts';
import { jsonObject } from '../json-input.ts';
import { pairsIn } from './metadata-options.ts';
import { OWNER, ownerOf } from './owner-options.ts';
import { sessionColumns, sessionFields, type Session } from './session-tables.ts';

const DEFAULT_LIST = 50;
const MAX_PAGE = 100;

export function addSessionCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli
    .command(
      'create',
      'Create a session',
      (command) =>
        command
          .option('metadata', { type: 'string', array: true, description: 'name=value; as often as needed' })
          .option('inactivity-seconds', { type: 'number', description: 'The idle time after which it ends by itself' })
          .option('prompt-variables', {
            type: 'string',
            description: 'What prompt templates take: a JSON object, - for stdin',
          })
          .option('prompt-required', {
            type: 'boolean',
            description: 'Fail if the system prompt cannot be composed as requested',
          })
          .option('idempotency-key', { type: 'string', description: 'The same key again gives the same session' }),
      async (options) => {
        const { metadata, inactivitySeconds, promptRequired, promptVariables: variables, idempotencyKey } = options;
        const promptVariables =
          variables === undefined ? undefined : await jsonObject('--prompt-variables', variables, run.io);
        const client = await run.client(options);
        const session = await client.createSession({
          metadata: metadata && pairsIn(metadata),
          inactivitySeconds,
          promptVariables,
          promptRequired,
          idempotencyKey,
        });
        const { warnings = [], ...shown } = session;
        await run.tell(session, () => sessionFields(shown));
        for (const warning of warnings) run.note(`Warning: ${warning}`);
      },
    )
    .command(
      'list',
      'List sessions, newest first',
      (command) =>
        command
          .option('limit', { type: 'number', default: DEFAULT_LIST, description: 'How many at most' })
          .option('all', { type: 'boolean', default: false, description: 'All there are' })
          .option('cursor', { type: 'string', description: 'Go on where an earlier list ended' })
          .options(OWNER)
          .option('whole-org', { type: 'boolean', default: false, description: 'Of the whole organisation (admin)' }),
      async (options) => {
        const list = await listed(run, options);
        await run.tell(list, () => sessionColumns(list.sessions));
        if (list.nextCursor !== undefined) run.note(`There are more: --all, or --cursor ${list.nextCursor}`);
      },
    )
    .command(
      'get <sessionId>',
      'Show a session',
      (command) => command.positional('sessionId', { type: 'string', demandOption: true }),
      async (options) => {
        const session = await (await run.client(options)).getSession({ sessionId: options.sessionId });
        await run.tell(session, () => sessionFields(session));
      },
    )
    .command(
      'usage',
      'Show how many seats are taken, and the limits',
      (command) => command.options(OWNER),
      async (options) => {
        const usage = await (await run.client(options)).getUsage(ownerOf(options));
        const rows = (['user', 'org', 'all'] as const).flatMap((scope) => {
          const { active, limit } = usage[scope] ?? {};
          return active === undefined ? [] : [[scope, active, limit ?? 'none']];
        });
        await run.tell(usage, () => columns(['SCOPE', 'ACTIVE', 'LIMIT'], rows));
      },
    );
}

interface ListOptions extends CommonOptions {
  limit: number;
  all: boolean;
  cursor: string | undefined;
  ofUser: string | undefined;
  ofOrg: string | undefined;
  wholeOrg: boolean;
}

async function listed(run: CliRun, options: ListOptions): Promise<{ sessions: Session[]; nextCursor?: string }> {
  const wanted = options.all ? Infinity : options.limit;
  if (!(wanted >= 1)) throw new UsageError('--limit must be a number from 1 on.');
  const client = await run.client(options);
  const sessions: Session[] = [];
  let { cursor } = options;
  do {
    const page = await client.listSessions({
      ...ownerOf(options),
      scope: options.wholeOrg ? 'org' : undefined,
      limit: Math.min(wanted - sessions.length, MAX_PAGE),
      cursor,
    });
    sessions.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined && sessions.length < wanted);
  return { sessions, ...(cursor !== undefined && { nextCursor: cursor }) };
}
