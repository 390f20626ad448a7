import type { Argv } from 'yargs';
import type { OutputOf } from '../api/operations.ts';
import { UsageError } from './cli-io.ts';
import { columns, fields, type CliRun, type CommonOptions } from './cli-run.ts';
import { jsonObject } from './json-input.ts';
import { jsonLine } from './visible.ts';

type Session = OutputOf<'getSession'>;

const DEFAULT_LIST = 50;
const MAX_PAGE = 100;

/** Whose sessions an admin or operator means. */
const owner = {
  'of-user': { type: 'string', description: 'Of this user instead (admin)' },
  'of-org': { type: 'string', description: 'Of this organisation instead (operator)' },
} as const;

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
        const promptVariables = variables && (await jsonObject('--prompt-variables', variables, run.io.stdin));
        const client = await run.client(options);
        const session = await client.createSession({
          metadata: metadata && pairs(metadata),
          inactivitySeconds,
          promptVariables: promptVariables || undefined,
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
          .options(owner)
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
      'update <sessionId>',
      'Replace a session’s metadata, or merge into it',
      (command) =>
        command
          .positional('sessionId', { type: 'string', demandOption: true })
          .option('metadata', { type: 'string', array: true, description: 'name=value; as often as needed' })
          .option('merge', { type: 'boolean', default: false, description: 'Keep what is not named' })
          .option('remove', { type: 'string', array: true, description: 'With --merge: remove this name' })
          .option('if-version', { type: 'number', description: 'Only if the session has this version' }),
      async (options) => {
        const { sessionId, metadata = [], merge, remove = [], ifVersion: version } = options;
        if (remove.length > 0 && !merge) throw new UsageError('--remove needs --merge.');
        if (metadata.length + remove.length === 0) throw new UsageError('Name what changes with --metadata.');
        const removed = Object.fromEntries(remove.map((name) => [name, null]));
        const client = await run.client(options);
        const session = await client.updateSession({
          sessionId,
          metadata: { ...removed, ...pairs(metadata) },
          merge,
          version,
        });
        await run.tell(session, () => sessionFields(session));
      },
    )
    .command(
      'usage',
      'Show how many seats are taken, and the limits',
      (command) => command.options(owner),
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

const ownerOf = ({ ofUser, ofOrg }: { ofUser: string | undefined; ofOrg: string | undefined }) => ({
  userId: ofUser,
  orgId: ofOrg,
});

function pairs(texts: string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--metadata must be name=value, not "${text}".`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const sessionFields = ({ mcpClientIds, metadata, due, ...rest }: Session): string =>
  fields({ ...rest, ...(due && { due: 'yes' }), mcpClientIds: mcpClientIds.join(' '), metadata: jsonLine(metadata) });

function sessionColumns(sessions: Session[]): string {
  const rows = sessions.map(({ id, userId, orgId, lastActiveAt, expiresAt, mcpClientIds, metadata }) => [
    id,
    userId,
    orgId,
    lastActiveAt,
    expiresAt,
    mcpClientIds.length,
    Object.entries(metadata)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ]);
  return columns(['ID', 'USER', 'ORG', 'LAST ACTIVE', 'EXPIRES', 'MCP', 'METADATA'], rows);
}
