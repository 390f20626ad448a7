import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { interpose } from '../setup/interpose.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const AT_ONCE = 40;
const lostConnection = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });

describe('the client of the table', () => {
  let stack: TestStack;
  let sent: Record<string, string>[];
  let putTogether: string[];
  beforeEach(async () => {
    stack = await newStack();
    [sent, putTogether] = [[], []];
    interpose(
      stack.client,
      (next, { commandName }) => {
        putTogether.push(String(commandName));
        return (args) => {
          const { headers } = (args as { request: { headers: Record<string, string> } }).request;
          sent.push({ ...headers });
          const isFirstAttempt = headers['amz-sdk-request']?.startsWith('attempt=1;');
          return isFirstAttempt && sent.length % 3 === 0 ? Promise.reject(lostConnection()) : next(args);
        };
      },
      { name: 'headers', step: 'finalizeRequest', priority: 'low' },
    );
  });
  afterEach(() => stack.close());

  // What is put together once serves all requests of a kind, those that are under way together too.
  test('mixes up no requests of one kind, and says no more of itself with each', async () => {
    const users = Array.from({ length: AT_ONCE }, (_, index) => `user-${index}`);
    const sessions = await Promise.all(users.map((user) => stack.manager.createSession(user, 'acme')));
    [sent, putTogether] = [[], []];
    for (let round = 0; round < 3; round++) {
      const read = await Promise.all(sessions.map(({ id }) => stack.manager.getSession(id)));
      const told = read.map((session) => session.getSessionInfo());
      expect(told.map(({ id, userId }) => [id, userId])).toEqual(sessions.map(({ id }, index) => [id, users[index]]));
    }
    expect(putTogether).toEqual(['GetItemCommand']);
    expect(sent.length).toBeGreaterThan(4 * AT_ONCE);
    const different = (name: string) => new Set(sent.map((headers) => headers[name])).size;
    expect(different('user-agent')).toBe(1);
    expect(different('x-amz-user-agent')).toBe(1);
    expect(different('amz-sdk-invocation-id')).toBe(3 * AT_ONCE);
  });

  test('is without the SDK’s lines about what it sends', () => {
    const named = (client: DynamoDBClient) => client.middlewareStack.identify().join();
    const bare = new DynamoDBClient({ region: 'us-east-1' });
    expect(named(bare)).toContain('loggerMiddleware');
    expect(named(stack.client)).not.toContain('loggerMiddleware');
    bare.destroy();
  });
});
