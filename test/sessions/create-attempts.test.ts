import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ScopeOwner } from '../../lib/identity.ts';
import type { CreateRequest } from '../../lib/sessions/create-request.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const USER: ScopeOwner = { scope: 'user', ...ALICE };
const ORG: ScopeOwner = { scope: 'org', ...ALICE };

const requestOf = (id: string): CreateRequest => ({
  draft: { id, ...ALICE, workspace: `alice/${id}`, metadata: {}, inactivitySeconds: 600 },
  systemPrompt: '',
  idempotency: undefined,
  now: new Date('2026-11-22T12:00:00.000Z'),
});

describe('the attempts at a create', () => {
  let stack: TestStack;
  let commands: string[];
  beforeEach(async () => {
    stack = await newStack();
    commands = [];
    inject(stack.client, { before: (command) => void commands.push(command) });
  });
  afterEach(() => stack.close());

  const attempts = (id: string) => stack.parts.store.create(requestOf(id));

  test('where a limit was full lately find the session that an earlier one has recorded, and write nothing', async () => {
    const recorded = await attempts('1').run();
    stack.parts.seats.hints.wasFull(ORG);
    commands.length = 0;
    expect(await attempts('1').answerWithoutWriting()).toMatchObject(recorded);
    expect(commands).toEqual(['TransactGetItemsCommand']);
  });

  test('that read first help in each scope, and write where there is a seat', async () => {
    const help = jest.spyOn(stack.parts.seats, 'help');
    stack.parts.seats.hints.wasFull(USER);
    expect(await attempts('1').answerWithoutWriting()).toBeUndefined();
    expect(help.mock.calls.map(([{ scope }]) => scope)).toEqual(['user', 'org', 'global']);
  });

  test('are refused by what the first one met, where the full limit has one item, whatever the others have', async () => {
    await stack.parts.seats.setLimit(USER, 100, 4);
    await stack.parts.seats.setLimit(ORG, 1, undefined);
    await attempts('1').run();
    const items = [0, 25, 25, 25].map((seats) => ({ active: 0, seats }));
    stack.parts.seats.hints.remember(USER, { first: { items: 4 }, items });
    commands.length = 0;
    await expect(attempts('2').run()).rejects.toMatchObject({
      code: 'MAX_SESSIONS_REACHED',
      details: { scope: 'org', limit: 1, active: 1 },
    });
    expect(commands).toEqual(['TransactWriteItemsCommand']);
    expect(stack.parts.seats.hints.wasFullLately(ORG)).toBe(true);
  });
});
