import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from './setup/test-stack.ts';

describe('SessionManagerV2', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test('creates, finds and ends a session', async () => {
    const session = await stack.manager.createSession('alice', 'acme');
    expect((await stack.manager.getSession(session.id)).getSessionInfo()).toEqual(session.getSessionInfo());
    await stack.manager.cleanupSession(session.id);
    await expect(stack.manager.getSession(session.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});
