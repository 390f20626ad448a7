import { setTimeout as sleep } from 'node:timers/promises';
import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Chance } from './chance.ts';
import { cutReplies, inject, lostReply } from './dynamodb-faults.ts';

/** What DynamoDB and the network do to requests, at a given rate: before they are carried out, or after. */
const BEFORE = ['conflict', 'throttled', 'throughput', 'internal', 'time-out', 'slow'] as const;
const AFTER = ['lost', 'slow'] as const;
const SLOW_MS = 20;
/** When a request is carried out that its caller has given up: before its repetition, among several, after all of them. */
const LATE_MS = [1, 30, 400] as const;
const PASSING = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

/** Gives how often each fault came, and what ends them. */
export function randomFaults(client: DynamoDBClient, rate: number, chance: Chance) {
  const counts: Record<string, number> = {};
  const late: Promise<unknown>[] = [];
  const uncut = cutReplies(client, () => {
    if (chance.next() >= rate / 10) return false;
    counts.cut = (counts.cut ?? 0) + 1;
    return true;
  });
  const remove = inject(client, {
    around: async (send) => {
      if (chance.next() >= rate / 10) return send();
      counts.late = (counts.late ?? 0) + 1;
      late.push(
        sleep(chance.oneOf(LATE_MS))
          .then(send)
          .catch(() => undefined),
      );
      return fail('time-out', '', {}, chance);
    },
    before: async (command, input) => {
      if (chance.next() >= rate / 2) return;
      const fault = chance.oneOf(BEFORE);
      counts[fault] = (counts[fault] ?? 0) + 1;
      if (fault === 'slow') await sleep(SLOW_MS);
      else fail(fault, command, input, chance);
    },
    after: async () => {
      if (chance.next() >= rate / 2) return;
      const fault = chance.oneOf(AFTER);
      counts[fault] = (counts[fault] ?? 0) + 1;
      if (fault === 'slow') await sleep(SLOW_MS);
      else lostReply();
    },
  });
  /** Once what is late has been carried out. */
  const restore = async () => {
    remove();
    uncut();
    await Promise.all(late);
  };
  return { counts, restore };
}

function fail(fault: Exclude<(typeof BEFORE)[number], 'slow'>, command: string, input: object, chance: Chance): never {
  const message = `injected: ${fault}`;
  const told = { message, $metadata: {} };
  const items = (input as { TransactItems?: unknown[] }).TransactItems;
  // A transaction that meets others, or is throttled, is cancelled, and says at which item.
  if (items && (fault === 'conflict' || fault === 'throttled')) {
    const at = chance.below(items.length);
    const Code = fault === 'conflict' ? 'TransactionConflict' : chance.oneOf(PASSING.slice(1));
    const CancellationReasons = items.map((_, index) => ({ Code: index === at ? Code : 'None' }));
    throw new TransactionCanceledException({ ...told, CancellationReasons });
  }
  switch (fault) {
    case 'conflict':
      // Reads and writes of one item: only writes meet transactions.
      if (command === 'UpdateItemCommand' || command === 'DeleteItemCommand')
        throw new TransactionConflictException(told);
      throw new ThrottlingException(told);
    case 'throttled':
      throw new ThrottlingException(told);
    case 'throughput':
      throw new ProvisionedThroughputExceededException(told);
    case 'internal':
      throw new InternalServerError({ ...told, $metadata: { httpStatusCode: 500 } });
    case 'time-out':
      throw Object.assign(new Error(message), { name: 'TimeoutError' });
  }
}
