import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { userEntryKey } from '../../lib/table/keys.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

let stack: TestStack;
beforeEach(async () => {
  stack = await newStack();
});
afterEach(() => stack.close());

const ADA = { userId: 'ada', orgId: 'acme' };

test('an entry of a list that names somebody else’s session shows it to nobody: it was told with all that is in it', async () => {
  const own = await stack.manager.createSession('ada', 'acme');
  const others = [
    await stack.manager.createSession('bob', 'acme', { metadata: { note: 'of bob' } }),
    await stack.manager.createSession('ada', 'globex'),
  ];
  for (const { id } of others) {
    const Item = userEntryKey(ADA, id);
    await documentClient(stack.client).send(new PutCommand({ TableName: stack.config.tableName, Item }));
  }
  const { manager } = stack;
  const listed = async (orgId?: string, by = manager.as({ kind: 'user', ...ADA })) =>
    (await by.listSessions('ada', orgId === undefined ? {} : { orgId })).sessions.map(({ id }) => id);
  expect(await listed('acme')).toEqual([own.id]);
  expect(await listed('acme', manager)).toEqual([own.id]);
  expect(await listed(undefined, manager)).not.toContain(others[0]?.id);
});
