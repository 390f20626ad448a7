import { ScanCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { EVERYBODY } from '../../lib/limits/limit.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { seatsKey, type Key } from '../../lib/table/keys.ts';
import { dynamoDbClient } from '../../lib/composition/clients.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { newDatabase } from '../setup/own-database.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { seededRandom } from './seeded-random.ts';
import { SeatHistory, type SeatMoment } from './seat-history.ts';
import { SeatTraffic, type CreateCall } from './seat-traffic.ts';
import { documentClient } from '../setup/document-client.ts';
import type { SeatsItem } from '../../lib/limits/seat-layout.ts';

const MOST_ITEMS = 16;
/** Sessions that are there when it begins. */
const BEFORE = 35;
const CREATORS = 3;
const ENDERS = 1;
const LOSS_RATE = 0.02;

export interface StressOutcome {
  violations: string[];
  creates: Record<CreateCall['outcome'], number>;
  conflicts: number;
  lost: number;
  moments: number;
}

/** Two instances: creators, enders and changes of the limit at once; what is wrong with what came of it. */
export async function stressSeats(seed: number): Promise<StressOutcome> {
  const random = seededRandom(seed);
  const stack = await newStack(newDatabase());
  const other = anotherInstance(stack);
  const aside = documentClient(dynamoDbClient(stack.config, stack.env));
  try {
    const table = new DynamoTable(aside, stack.config.tableName);
    const history = new SeatHistory(() => seatItems(table), { random, lossRate: LOSS_RATE });
    const traffic = new SeatTraffic(history, random);
    await stack.parts.seats.setLimit(EVERYBODY, 100, 1);
    await pMap(range(BEFORE), () => traffic.create(stack.manager, 'early'), { concurrency: 8 });
    await history.begin();
    for (const client of [stack.client, other.client]) history.watch(client);
    const instances = [stack, other];
    const everybody = [
      changes(traffic, stack, random),
      ...instances.flatMap(({ manager }, index) => [
        ...range(CREATORS).map((creator) => traffic.creator(manager, `caller-${index}-${creator}`)),
        ...range(ENDERS).map(() => traffic.ender(manager)),
      ]),
    ];
    for (const work of everybody) work.catch(() => traffic.stop());
    // None is left at work, and the first that failed is told of.
    await Promise.allSettled(everybody);
    await Promise.all(everybody);
    const creates = { created: 0, refused: 0, contended: 0 };
    for (const { outcome } of traffic.calls) creates[outcome]++;
    const { moments, conflicts, lost } = history;
    const violations = [
      ...overLimit(moments),
      ...debts(moments),
      ...wrongRefusals(moments, traffic.calls),
      ...(await notAtRest(stack, aside, moments.at(-1) as SeatMoment)),
    ];
    return { violations, creates, conflicts, lost, moments: moments.length };
  } finally {
    aside.destroy();
    other.close();
    await stack.close();
  }
}

/** Below what is taken, to nothing and far above it; over more items and over fewer. */
async function changes(traffic: SeatTraffic, { parts: { seats } }: TestStack, random: () => number): Promise<void> {
  const calls = (few: number) => traffic.calling(few + Math.floor(random() * few));
  try {
    await calls(4);
    await traffic.setLimit(seats, 100, MOST_ITEMS);
    await traffic.until(() => traffic.active >= 42 + Math.floor(random() * 6));
    await traffic.setLimit(seats, 40, MOST_ITEMS);
    await calls(8);
    await traffic.setLimit(seats, 0, MOST_ITEMS);
    await calls(8);
    await traffic.setLimit(seats, 250, 4);
    await calls(8);
  } finally {
    traffic.stop();
  }
}

async function seatItems(table: DynamoTable): Promise<Required<SeatsItem>[]> {
  const keys = range(MOST_ITEMS).map((item) => seatsKey(EVERYBODY, item));
  const found = await table.getAll<SeatsItem & Key>(keys);
  return keys.flatMap(({ pk }) => {
    const item = found.find((candidate) => candidate.pk === pk);
    return item ? [{ active: item.active ?? 0, seats: item.seats ?? 0 }] : [];
  });
}

const overLimit = (moments: SeatMoment[]) =>
  moments
    .filter(({ created, active, limit }) => created !== undefined && active > limit)
    .map(({ active, limit }) => `a create made it ${active} of ${limit}`);

const debts = (moments: SeatMoment[]) =>
  moments
    .filter(({ items }) => items.length > 1 && items.some(({ active, seats }) => active > seats))
    .map(({ items }) => `a debt with more than one item: ${JSON.stringify(items)}`);

/** What was so before the first write of a call is so at its beginning. */
function wrongRefusals(moments: SeatMoment[], calls: CreateCall[]): string[] {
  return calls
    .filter(({ outcome }) => outcome === 'refused')
    .filter(({ from, to }) => moments.slice(from - 1, to).every(({ active, limit }) => active < limit))
    .map(({ from, to }) => `refused, though a seat was free from moment ${from} to ${to}`);
}

async function notAtRest({ manager, config }: TestStack, aside: DynamoDBDocumentClient, last: SeatMoment) {
  const { Count: sessions } = await aside.send(
    new ScanCommand({
      TableName: config.tableName,
      Select: 'COUNT',
      FilterExpression: 'sk = :session',
      ExpressionAttributeValues: { ':session': 'SESSION' },
      ConsistentRead: true,
    }),
  );
  const counted = await manager.countAllSessions();
  return [
    last.limit !== 250 && `the shares add up to ${last.limit}`,
    last.items.length !== 4 && `there are ${last.items.length} items`,
    (last.active !== sessions || counted !== sessions) && `${last.active} seats are in use for ${sessions} sessions`,
  ].filter((wrong) => wrong !== false);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
