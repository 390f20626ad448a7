import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { atFirst, inject, lostReply } from './dynamodb-faults.ts';

describe('an end that is disturbed', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test('whose last reply is lost lowers the counters once', async () => {
    const [one] = [
      await stack.manager.createSession('alice', 'acme'),
      await stack.manager.createSession('alice', 'acme'),
    ];
    inject(stack.client, { after: atFirst(3, 'TransactWriteItemsCommand', lostReply) });
    await stack.manager.cleanupSession(one.id);
    expect(await stack.manager.countAllSessions()).toBe(1);
    expect(await stack.manager.countUserSessions('alice', 'acme')).toBe(1);
  });

  test.each([
    ['UpdateItemCommand', 'after the claim'],
    ['TransactWriteItemsCommand', 'before the last step'],
  ])('and crashed (%s: %s) is taken up by the next end', async (command) => {
    const { id } = await stack.manager.createSession('alice', 'acme');
    const crash = () => {
      throw new Error('crashed');
    };
    const fault =
      command === 'UpdateItemCommand' ? { after: atFirst(1, command, crash) } : { before: atFirst(1, command, crash) };
    const restore = inject(stack.client, fault);
    await expect(stack.manager.cleanupSession(id)).rejects.toThrow('crashed');
    restore();
    await expect(stack.manager.getSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await stack.manager.countAllSessions()).toBe(1);
    await stack.manager.cleanupSession(id);
    expect(await stack.manager.countAllSessions()).toBe(0);
    expect(await readdir(stack.root)).not.toContain('alice');
    await stack.manager.cleanupInactiveSessions();
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });
});
