import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { ContentionError } from '../../lib/errors.ts';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { startConflictProxy, type ConflictProxy } from './conflict-proxy.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

/** Every conflict is met with a wait. */
jest.setTimeout(240_000);

let proxy: ConflictProxy;
let stack: TestStack;
beforeAll(async () => {
  proxy = await startConflictProxy(process.env.DYNAMODB_ENDPOINT as string);
  stack = await newStack({ MAX_SESSIONS: '100', DYNAMODB_ENDPOINT: proxy.endpoint });
});
afterAll(async () => {
  await stack?.close();
  await proxy?.close();
});

/** As a caller does that is told to come again. */
async function until<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof ContentionError)) throw thrown;
    }
  }
  throw new Error('still contended after 20 calls');
}

async function comeAndGo(manager: SessionManager, user: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const { id } = await until(() => manager.createSession(user, `org-of-${user}`));
    await until(() => manager.cleanupSession(id));
  }
}

test('limits and items change under conflicts as the service raises them, and the seats add up', async () => {
  const other = anotherInstance(stack);
  const { seats } = stack.parts;
  const change = async () => {
    for (const [limit, items] of [
      [40, 16],
      [30, 4],
      [null, 6],
      [25, 1],
    ] as const) {
      await until(() => seats.setLimit(EVERYBODY, limit, items));
      const { items: now } = await until(() => seats.layout(EVERYBODY));
      expect(now).toHaveLength(items);
    }
  };
  const people = Array.from({ length: 6 }, (_, index) =>
    comeAndGo(index % 2 ? other.manager : stack.manager, `user-${index}`, 8),
  );
  await Promise.all([change(), ...people]);
  other.close();
  expect(proxy.conflicts()).toBeGreaterThan(0);
  expect(await seats.usage([EVERYBODY])).toEqual([{ active: 0, limit: 25 }]);
});
