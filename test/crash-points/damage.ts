import { mkdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { mcpClientKey, promptKey, seatsKey, userEntryKey } from '../../lib/table/keys.ts';
import { OWNER, type CrashWorld } from './crash-world.ts';
import { documentClient } from '../setup/document-client.ts';
import type { ScopeOwner } from '../../lib/identity.ts';

const USER: ScopeOwner = { scope: 'user', ...OWNER };
const ORG: ScopeOwner = { scope: 'org', ...OWNER };
const OF_NOBODY = '01a2045b-8d44-72e6-97c0-cb9917303a81';

/**
 * Five sessions and one of each kind of damage. The user's counter says two too few, where all seats that it has over two
 * items are taken: its repair has to merge them. The organisation's third item is lost, and its second has too much.
 */
export async function damaged({ bystander, client, config, root, mcp }: CrashWorld): Promise<void> {
  const { manager } = bystander;
  const { tableName: TableName } = config;
  const documents = documentClient(client);
  const add = (of: ScopeOwner, item: number, by: number) =>
    documents.send(
      new UpdateCommand({
        TableName,
        Key: seatsKey(of, item),
        UpdateExpression: 'ADD active :by',
        ExpressionAttributeValues: { ':by': by },
      }),
    );
  const create = () => manager.createSession(OWNER.userId, OWNER.orgId);
  const { limits } = manager.as({ kind: 'operator' });
  await limits.put({ scope: 'user', ...OWNER }, { limit: 3, items: 2 });
  await limits.put({ scope: 'org', orgId: OWNER.orgId }, { limit: 5, items: 3 });
  const sessions = [await create(), await create(), await create()] as const;
  await add(USER, 0, -2);
  await create();
  await create();
  const [furnished, bare] = sessions;
  await furnished.addMcpClient({ id: 'tools', type: 'http', endpoint: mcp.url });

  for (const key of [userEntryKey(OWNER, furnished.id), mcpClientKey(furnished.id, 'tools'), seatsKey(ORG, 2)])
    await documents.send(new DeleteCommand({ TableName, Key: key }));
  await documents.send(new PutCommand({ TableName, Item: promptKey(OF_NOBODY) }));
  await add(ORG, 1, 4);
  await add(EVERYBODY, 0, 3);
  await rm(bare.getWorkspacePath(), { recursive: true });
  const stray = path.join(root, OWNER.userId, 'stray');
  await mkdir(stray);
  await utimes(stray, 0, 0);
}
