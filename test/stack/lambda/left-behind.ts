import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { readConfig } from '../../../lib/configuration.ts';
import { dynamoDbClient } from '../../../lib/composition/clients.ts';
import type { Identity } from '../../../lib/identity.ts';
import { userEntryKey } from '../../../lib/table/keys.ts';
import { documentClient } from '../../setup/document-client.ts';
import { FILE_SYSTEM } from '../../workspaces/access-points/efs-server.ts';
import type { Deployment } from './deployment.ts';

/** An access point of a session that does not exist; its id. */
export function leaveAccessPoint({ efs }: Deployment): string {
  const tags = { session: 'gone', 'file-system': FILE_SYSTEM, 'made-at': '2026-01-01T00:00:00.000Z' };
  return efs.put({
    RootDirectory: { Path: '/workspaces/ada/gone' },
    Tags: Object.entries(tags).map(([name, Value]) => ({ Key: `session-manager:${name}`, Value })),
  });
}

/** Takes a session out of the list of its user. */
export async function loseFromList({ tableName }: Deployment, owner: Identity, sessionId: string): Promise<void> {
  const client = dynamoDbClient(readConfig({ DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT }), {});
  const Key = userEntryKey(owner, sessionId);
  await documentClient(client).send(new DeleteCommand({ TableName: tableName, Key }));
  client.destroy();
}
