import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { sessionKey } from '../../lib/table/keys.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

let stack: TestStack;
beforeEach(async () => {
  stack = await newStack();
});
afterEach(() => stack.close());

// DynamoDB refused the whole batch: "Provided list of item keys contains duplicates".
test('a batch that names a key more than once gives each item once', async () => {
  const { id } = await stack.manager.createSession('alice', 'acme');
  const other = await stack.manager.createSession('bob', 'acme');
  const table = new DynamoTable(stack.client, stack.config.tableName);
  const found = await table.getAll<SessionItem>([id, other.id, id, 'none', 'none'].map(sessionKey));
  expect(found.map((item) => item.id).sort()).toEqual([id, other.id].sort());
});
