import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoTable, mcpParts, SessionManagerV2, Workspaces } from 'agent-session-manager';

/** A manager that is made by hand, which ends with its scope: then the process ends by itself. */
async function main({ DYNAMODB_ENDPOINT, TABLE_NAME = '', WORKSPACE_ROOT = '' }: NodeJS.ProcessEnv): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: DYNAMODB_ENDPOINT ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { close, ...mcp } = mcpParts({ secretsKeyFile: `${WORKSPACE_ROOT}-key` });
  await using manager = new SessionManagerV2({
    table: new DynamoTable(client, TABLE_NAME),
    workspaces: new Workspaces(WORKSPACE_ROOT),
    ...mcp,
    settings: { limits: { user: 1 } },
    promptComposer: { compose: ({ userId }) => ({ systemPrompt: `You help ${userId}.` }) },
    auditLogger: { log: () => undefined },
    close: async () => {
      client.destroy();
      await close();
    },
  });
  const session = await manager.createSession('made', 'by-hand');
  const refused = await manager.createSession('made', 'by-hand').catch((error: unknown) => String(error));
  const written = await session.files.makeDirectory('notes');
  process.stdout.write(
    `${JSON.stringify({ session, prompt: await session.getSystemPrompt(), refused, written }, null, 1)}\n`,
  );
  await manager.cleanupSession(session.id);

  // What must not compile. Nothing of it runs.
  const never = async () => {
    // @ts-expect-error -- a table and a place for workspaces are needed
    new SessionManagerV2({});
    // @ts-expect-error -- nobody acts as somebody by the constructor
    new SessionManagerV2({ table: new DynamoTable(client, ''), workspaces: new Workspaces('') }, { kind: 'operator' });
    // @ts-expect-error -- a session is of a user and an organisation
    await manager.createSession('ada');
    // @ts-expect-error -- ids are texts
    await manager.getSession(7);
    // @ts-expect-error -- a user's limit holds in one organisation
    await manager.getUsage({ userId: 'ada' });
    // @ts-expect-error -- no such option
    await manager.createSession('ada', 'acme', { metdata: {} });
    // @ts-expect-error -- what checks and records is nobody's to call
    await session.open();
    // @ts-expect-error -- a view does not close the manager
    await manager.as({ kind: 'user', userId: 'ada', orgId: 'acme' }).close();
    // @ts-expect-error -- a kind of caller has its own fields
    manager.as({ kind: 'user', userId: 'ada' });
  };
  void never;
}

await main(process.env);
