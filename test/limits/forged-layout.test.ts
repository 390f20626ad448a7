import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EVERYBODY, MAX_SEAT_ITEMS } from '../../lib/limits/limit.ts';
import { seatsKey } from '../../lib/table/keys.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

/** Whoever writes the table chooses how many items the seats are said to be spread over. */
describe.each([20_000, 2 ** 40, 0, -3, 1.5, 'many'])('seats that are said to be in %s items', (items) => {
  let stack: TestStack;
  let keysRead: number;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '5' });
    keysRead = 0;
    await stack.manager.createSession('ada', 'acme');
    await forge('items');
    inject(stack.client, {
      before: (_command, input) => void (keysRead += JSON.stringify(input).split('SEATS#').length - 1),
    });
  });
  afterEach(() => stack.close());

  const forge = (name: string) =>
    documentClient(stack.client).send(
      new UpdateCommand({
        TableName: stack.config.tableName,
        Key: seatsKey(EVERYBODY),
        UpdateExpression: 'SET #name = :items',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':items': items },
      }),
    );

  test('are read as so many as there can be at most: a sweep read all of them, again and again', async () => {
    const startedAt = performance.now();
    await stack.manager.cleanupInactiveSessions(0);
    // As long as it tries what is contended.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(keysRead).toBeLessThan(20 * MAX_SEAT_ITEMS);
  });

  test('are told, and put right by a reconcile that repairs and by the limit that is put', async () => {
    expect(await stack.manager.countAllSessions()).toBe(1);
    await stack.manager.reconciler.run({ repair: true });
    // Nobody is let in where a limit is lost, until it is put again.
    await stack.parts.seats.setLimit(EVERYBODY, 5, 1);
    await stack.manager.createSession('bob', 'acme');
    expect(await stack.manager.countAllSessions()).toBe(2);
  });

  test('and are wanted in as many, settle in so many as there can be', async () => {
    await documentClient(stack.client).send(
      new UpdateCommand({
        TableName: stack.config.tableName,
        Key: seatsKey(EVERYBODY),
        UpdateExpression: 'REMOVE #items',
        ExpressionAttributeNames: { '#items': 'items' },
      }),
    );
    await stack.parts.seats.setLimit(EVERYBODY, 100, 1);
    await forge('wantedItems');
    const layout = await stack.parts.seats.settle(EVERYBODY);
    expect(layout.items.length).toBeLessThanOrEqual(MAX_SEAT_ITEMS);
    expect(await stack.manager.countAllSessions()).toBe(1);
  });
});
