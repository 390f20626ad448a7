import { TransactionCanceledException, type AttributeValue, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { idempotencyKey, seatsKey } from '../../lib/table/keys.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { atFirst, inject, lostReply } from './dynamodb-faults.ts';

const ADA = { userId: 'ada', orgId: 'acme' };
const KEY = { idempotencyKey: 'k' };

/** What DynamoDB Local never says: which items of a transaction others were working on. */
describe('where others work on the same items', () => {
  let stack: TestStack;
  let other: ReturnType<typeof anotherInstance>;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '1' });
    other = anotherInstance(stack);
  });
  afterEach(async () => {
    other.close();
    await stack.close();
  });

  type Reason = { Code: string; Item?: Record<string, AttributeValue> };
  const writesOf = (input: object) => (input as { TransactItems?: TransactWriteItem[] }).TransactItems ?? [];
  const pkOf = ({ Put, Update, Delete }: TransactWriteItem) => (Put?.Item ?? Update?.Key ?? Delete?.Key)?.pk?.S ?? '';
  const cancel = (reasons: Reason[]) => {
    throw new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons: reasons });
  };
  const reasonsOf = (input: object, reasonAt: (pk: string) => Reason | undefined): Reason[] =>
    writesOf(input).map((write) => reasonAt(pkOf(write)) ?? { Code: 'None' });

  // Without it every attempt met the same item, however many others had free seats.
  test('a create and an end learn over how many items the seats are spread, and go to the others', async () => {
    await stack.parts.seats.setLimit(EVERYBODY, 80, 8);
    const first = seatsKey(EVERYBODY).pk;
    const isBusy = (input: object) => writesOf(input).some((write) => pkOf(write) === first);
    const met: number[] = [];
    for (const work of ['create', 'end'] as const) {
      const fresh = anotherInstance(stack);
      let conflicts = 0;
      inject(fresh.client, {
        before: (_command, input) => {
          if (!isBusy(input)) return;
          conflicts++;
          cancel(reasonsOf(input, (pk) => (pk === first ? CONFLICT : undefined)));
        },
      });
      if (work === 'create') await fresh.manager.createSession('ada', 'acme', KEY);
      else await fresh.manager.cleanupSession((await fresh.manager.createSession('ada', 'acme', KEY)).id);
      fresh.close();
      met.push(conflicts);
    }
    expect(Math.min(...met)).toBeGreaterThanOrEqual(2);
    expect(await stack.manager.countAllSessions()).toBe(0);
  });

  const CONFLICT: Reason = { Code: 'TransactionConflict' };
  const FULL: Reason = { Code: 'ConditionalCheckFailed', Item: { active: { N: '1' }, seats: { N: '1' } } };
  test.each<[string, string, boolean]>([
    ['its key, by the create that it repeats', 'IDEMPOTENCY#', true],
    ['its session, by its own first attempt', 'SESSION#', false],
  ])('a create that meets %s is not told that the limit is full', async (_what, prefix, isReplay) => {
    const earlier = async (input: object) => {
      if (isReplay) await other.manager.createSession('ada', 'acme', KEY);
      const reasonAt = (pk: string) => (pk.startsWith(prefix) ? CONFLICT : pk.startsWith('SEATS#') ? FULL : undefined);
      cancel(reasonsOf(input, reasonAt));
    };
    let attempts = 0;
    inject(stack.client, {
      before: async (command, input) => {
        if (command === 'TransactWriteItemsCommand' && ++attempts === (isReplay ? 1 : 2)) await earlier(input);
      },
      after: isReplay ? undefined : atFirst(1, 'TransactWriteItemsCommand', lostReply),
    });
    const session = await stack.manager.createSession('ada', 'acme', KEY);
    expect(session.replayed).toBe(isReplay);
    expect(attempts).toBe(isReplay ? 2 : 3);
    expect(await stack.manager.countAllSessions()).toBe(1);
  });

  test('a create that is rolled back frees no key that stands for another session', async () => {
    const at = { TableName: stack.config.tableName, Key: idempotencyKey(ADA, KEY.idempotencyKey) };
    const documents = documentClient(other.client);
    await mkdir(path.join(stack.root, '.pending'), { recursive: true });
    await writeFile(path.join(stack.root, 'ada'), 'in the way');
    const take = {
      ...at,
      UpdateExpression: 'SET sessionId = :other',
      ExpressionAttributeValues: { ':other': 'another' },
    };
    inject(stack.client, {
      after: atFirst(1, 'TransactWriteItemsCommand', async () => void (await documents.send(new UpdateCommand(take)))),
    });
    await expect(stack.manager.createSession('ada', 'acme', KEY)).rejects.toMatchObject({ code: 'CONTENTION' });
    expect((await documents.send(new GetCommand(at))).Item).toMatchObject({ sessionId: 'another' });
  });
});
