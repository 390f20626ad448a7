import { UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionKey } from '../../lib/table/keys.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const HUGE = ['12345678901234567890.5', '12345678901234567890', '-9007199254740993', '9.9e125'];

/** Whoever writes the table may store any number that DynamoDB has: more digits than a number of JavaScript's. */
describe.each(HUGE)('a session whose item says %s', (huge) => {
  let stack: TestStack;
  let forged: string;
  let other: string;
  beforeEach(async () => {
    stack = await newStack();
    forged = (await stack.manager.createSession('ada', 'acme')).id;
    other = (await stack.manager.createSession('bob', 'acme')).id;
    const values: Record<string, AttributeValue> = { ':huge': { N: huge }, ':set': { NS: [huge] } };
    await stack.client.send(
      new UpdateItemCommand({
        TableName: stack.config.tableName,
        Key: marshall(sessionKey(forged)),
        UpdateExpression: 'SET #version = :huge, further = :set',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: values,
      }),
    );
  });
  afterEach(() => stack.close());

  test('hides no other session from a list: the whole page failed', async () => {
    const { sessions } = await stack.manager.listOrgSessions('acme');
    expect(sessions.map(({ id }) => id)).toEqual([other, forged]);
  });

  test('keeps no other session from being swept: the whole batch failed', async () => {
    const { cleaned, failed } = await stack.manager.cleanupInactiveSessions(0);
    expect([...cleaned, ...failed].sort()).toEqual([forged, other].sort());
    expect(cleaned).toContain(other);
  });

  test('is compared with the rest, and read as what JSON can say', async () => {
    await stack.manager.reconciler.run();
    const item = await stack.parts.store.get(forged);
    expect(item?.version).toBe(Number(huge));
    expect(() => JSON.stringify(item)).not.toThrow();
  });
});
