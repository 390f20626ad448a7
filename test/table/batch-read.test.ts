import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BatchGetItemCommandInput, BatchGetItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { sessionKey } from '../../lib/table/keys.ts';
import { interpose } from '../setup/interpose.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

describe('a batch read', () => {
  let stack: TestStack;
  let table: DynamoTable;
  beforeEach(async () => {
    stack = await newStack();
    table = new DynamoTable(stack.client, stack.config.tableName);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    return stack.close();
  });

  /** Of each request as many keys are processed as `processed` says, as by a service that is throttled. */
  function processing(processed: (request: number) => number): void {
    let requests = 0;
    interpose(
      stack.client,
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== 'BatchGetItemCommand') return next(args);
          const { RequestItems } = args.input as BatchGetItemCommandInput;
          const [[name, { Keys = [], ...how }]] = Object.entries(RequestItems ?? {}) as [[string, { Keys: object[] }]];
          const count = processed(++requests);
          const some = {
            ...args,
            input: { RequestItems: { [name]: { ...how, Keys: Keys.slice(0, Math.max(1, count)) } } },
          };
          const answer = await next(some);
          const output = answer.output as BatchGetItemCommandOutput;
          if (count === 0) output.Responses = { [name]: [] };
          if (count < Keys.length) {
            output.UnprocessedKeys = { [name]: { ...how, Keys: Keys.slice(count) as [] } };
          }
          return answer;
        },
      { step: 'initialize', name: 'unprocessed' },
    );
  }
  const create = async (count: number) => {
    const ids: string[] = [];
    while (ids.length < count) ids.push((await stack.manager.createSession('alice', 'acme')).id);
    return ids;
  };
  const idsOf = async (ids: string[]) => (await table.getAll<SessionItem>(ids.map(sessionKey))).map(({ id }) => id);
  const nobody = (count: number) => Array.from({ length: count }, (_, index) => `none ${index}`);

  // DynamoDB refused the whole batch: "Provided list of item keys contains duplicates".
  test('that names a key more than once gives each item once', async () => {
    const [one = '', other = ''] = await create(2);
    expect((await idsOf([one, other, one, 'none', 'none'])).sort()).toEqual([one, other].sort());
  });

  test('of more keys than DynamoDB takes at once gives all items', async () => {
    const [first = '', middle = '', last = ''] = await create(3);
    const found = await idsOf([first, ...nobody(120), middle, ...nobody(90), last]);
    expect(found.sort()).toEqual([first, middle, last]);
  });

  test('asks again for keys that were not processed, also if a request processes none', async () => {
    const ids = await create(5);
    processing((request) => (request === 2 ? 0 : 1));
    expect((await idsOf(ids)).sort()).toEqual(ids);
  });

  test('of which nothing is processed, however often it asks, gives up', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    processing((request) => (request <= 20 ? 0 : 100));
    await expect(idsOf(nobody(3))).rejects.toMatchObject({ code: 'CONTENTION' });
  });
});
