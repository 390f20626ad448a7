import {
  DynamoDBClient,
  DynamoDBServiceException,
  TransactionCanceledException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { Contended, isDefiniteRefusal } from '../../lib/table/retries.ts';
import { Transaction } from '../../lib/table/transaction.ts';
import { TransactionRefusal } from '../../lib/table/write.ts';
import { interpose } from '../setup/interpose.ts';

const KEYS = [
  { pk: 'A', sk: 'A' },
  { pk: 'B', sk: 'B' },
];
const WRITES = { first: { Delete: { Key: KEYS[0] } }, second: { Delete: { Key: KEYS[1] } } } as Parameters<
  DynamoTable['transactOnce']
>[0];

const cancelled = (CancellationReasons: CancellationReason[] | undefined, attempts?: number) =>
  new TransactionCanceledException({ message: 'cancelled', $metadata: { attempts }, CancellationReasons });

const reasons = (...codes: (string | undefined)[]): CancellationReason[] => codes.map((Code) => ({ Code }));

/** DynamoDB Local cancels no transaction for a conflict: what each request fails with is put in. */
function tableThat(failure: Error): DynamoTable {
  const client = new DynamoDBClient({ region: 'test' });
  const fail = () => async () => {
    throw failure;
  };
  interpose(client, fail, { step: 'initialize', name: 'failure' });
  return new DynamoTable(client, 'table');
}

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe('a snapshot that DynamoDB cancelled', () => {
  const snapshot = (failure: Error) => thrownBy(tableThat(failure).snapshotOnce(KEYS));

  test.each([['TransactionConflict'], ['ThrottlingError'], ['ProvisionedThroughputExceeded']])(
    'for %s alone is contended',
    async (code) => {
      const failure = cancelled(reasons('None', code, undefined));
      expect(await snapshot(failure)).toMatchObject({
        name: 'Contended',
        message: `contended: ${code}`,
        cause: failure,
      });
    },
  );

  test.each([
    ['for another reason too', cancelled(reasons('TransactionConflict', 'ValidationError'))],
    ['for no reason', cancelled(reasons('None', 'None'))],
    ['without reasons', cancelled(undefined)],
    ['not, but refused', new DynamoDBServiceException({ name: 'Some', $fault: 'client', $metadata: {} })],
  ])('%s fails with what DynamoDB said', async (_name, failure) => {
    expect(await snapshot(failure)).toBe(failure);
  });
});

describe('a transaction that DynamoDB cancelled', () => {
  const failed = { Code: 'ConditionalCheckFailed', Item: marshall({ pk: 'B', count: 3 }) };

  test('for a condition tells what each write met, by its name', async () => {
    const refusal = await tableThat(cancelled([{ Code: 'TransactionConflict' }, failed])).transactOnce(WRITES);
    expect([...(refusal?.found ?? [])]).toEqual([['second', { pk: 'B', count: 3 }]]);
    expect([...(refusal?.contended ?? [])]).toEqual(['first']);
    expect(refusal?.isDefinite).toBe(true);
  });

  test('after several attempts may have been carried out by an earlier one', async () => {
    const refusal = await tableThat(cancelled([{ Code: 'None' }, failed], 2)).transactOnce(WRITES);
    expect([...(refusal?.contended ?? ['some'])]).toEqual([]);
    expect(refusal?.isDefinite).toBe(false);
  });

  test.each([['TransactionConflict'], ['ThrottlingError'], ['ProvisionedThroughputExceeded']])(
    'for %s alone is contended, and tells which write met it',
    async (code) => {
      const failure = cancelled(reasons('None', code));
      const thrown = await thrownBy(tableThat(failure).transactOnce(WRITES));
      expect(thrown).toMatchObject({ name: 'Contended', message: 'contended: second', cause: failure });
      expect([...(thrown as Contended).names]).toEqual(['second']);
    },
  );

  test.each([
    ['for another reason', cancelled(reasons('TransactionConflict', 'ValidationError'))],
    ['for another reason beside a condition', cancelled([failed, { Code: 'ValidationError' }])],
    ['for no reason', cancelled(reasons('None', undefined))],
    ['without reasons', cancelled(undefined)],
    ['not, but refused', new DynamoDBServiceException({ name: 'Some', $fault: 'client', $metadata: {} })],
  ])('%s fails with what DynamoDB said', async (_name, failure) => {
    expect(await thrownBy(tableThat(failure).transactOnce(WRITES))).toBe(failure);
  });
});

test('a transaction that was refused after several attempts may be carried out', async () => {
  const refusal = (isDefinite: boolean) => new TransactionRefusal(new Map(), new Set(), { isDefinite });
  const outcomes = [true, false, true].map(refusal);
  const transaction = new Transaction(async () => outcomes.shift());
  const known: boolean[] = [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    await transaction.attempt(() => WRITES);
    known.push(transaction.mayBeCarriedOut);
  }
  expect(known).toEqual([false, true, true]);
});

describe('a refusal is definite', () => {
  const said = (name: string, $fault: 'client' | 'server', attempts?: number) =>
    new DynamoDBServiceException({ name, $fault, $metadata: { attempts } });

  test.each([
    [true, 'if DynamoDB said so to one attempt', said('ValidationException', 'client', 1)],
    [true, 'if DynamoDB said so and attempts are not counted', said('ValidationException', 'client')],
    [false, 'not if the last one of several attempts met it', said('ValidationException', 'client', 2)],
    [false, 'not if the server failed', said('InternalServerError', 'server', 1)],
    [false, 'not if the transaction is still under way', said('TransactionInProgressException', 'client', 1)],
    [false, 'not without an answer', Object.assign(new Error('socket'), { $fault: 'client', $metadata: {} })],
    [true, 'if it is ours', new Contended()],
    [true, 'if what we judged by was definite', new Contended('', { cause: said('Cancelled', 'client', 1) })],
    [false, 'not if what we judged by was not', new Contended('', { cause: said('Cancelled', 'client', 2) })],
  ])('%s: %s', (isDefinite, _name, thrown) => {
    expect(isDefiniteRefusal(thrown)).toBe(isDefinite);
  });
});
