import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { promptKey, sessionKey } from '../../lib/table/keys.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

interface ReadInput {
  ConsistentRead?: boolean;
  RequestItems?: Record<string, { ConsistentRead?: boolean }>;
}

describe('the table', () => {
  let stack: TestStack;
  let table: DynamoTable;
  let id: string;
  beforeEach(async () => {
    stack = await newStack();
    table = new DynamoTable(stack.client, stack.config.tableName);
    ({ id } = await stack.manager.createSession('alice', 'acme'));
    await stack.manager.session(id).updateSystemPrompt('Be brief.');
  });
  afterEach(() => stack.close());

  test('reads an item, a batch and everything as the last write left it', async () => {
    const consistent: (boolean | undefined)[] = [];
    inject(stack.client, {
      before: (_command, input) => {
        const { ConsistentRead, RequestItems } = input as ReadInput;
        consistent.push(ConsistentRead ?? Object.values(RequestItems ?? {})[0]?.ConsistentRead);
      },
    });
    await table.get(sessionKey(id));
    await table.getAll([sessionKey(id)]);
    await table.scan(undefined, undefined, 1);
    expect(consistent).toEqual([true, true, true]);
  });

  test('gives several items of one partition from a batch', async () => {
    const found = await table.getAll<{ sk: string }>([sessionKey(id), promptKey(id)]);
    expect(found.map(({ sk }) => sk).sort()).toEqual([promptKey(id).sk, sessionKey(id).sk].sort());
  });

  test('gives the fields that were asked for, page by page', async () => {
    const first = await table.scan<object>(undefined, ['pk', 'status'], 1);
    const rest = await table.scan<object>(first.cursor, ['pk', 'status'], undefined);
    const all = [...first.items, ...rest.items];
    expect(first.items).toHaveLength(1);
    expect(rest.cursor).toBeUndefined();
    expect(all).toContainEqual({ pk: sessionKey(id).pk, status: 'active' });
    expect(all.length).toBe((await table.scan(undefined, undefined, undefined)).items.length);
  });

  test('tells a wrong update from one whose condition was not met', async () => {
    const update = { UpdateExpression: 'SET note = :note', ExpressionAttributeValues: { ':note': 1 } };
    const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
    const refused = await table.update({ Key: sessionKey(id), ...update, ...condition });
    expect(refused).toMatchObject({ updated: false, found: { status: 'active' } });
    await expect(table.update({ Key: { pk: 'only' }, ...update })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});
