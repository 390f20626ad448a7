import { BatchWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { v7 as uuidv7 } from 'uuid';
import { limitOwnersOf } from '../../lib/limits/limit.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { putSession, putUserEntry } from '../../lib/sessions/session-writes.ts';
import { seatsKey } from '../../lib/table/keys.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import type { BenchResult } from './bench-result.ts';
import { CapacityMeter, type Cost } from './capacity-meter.ts';
import { documentClient } from '../setup/document-client.ts';
import type { Write } from '../../lib/table/write.ts';
import { dueKey, dueShardOf } from '../../lib/sessions/due-index.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

const SESSIONS = [1_000, 10_000, 100_000] as const;
const DUE = 10;
const OWNER = { userId: 'ada', orgId: 'acme' };
const IDLE_SECONDS = 3_600;
const IN_A_BATCH = 25;
/** The sweep's read units with the most sessions, to those with the fewest. */
const BOUND = 1.1;

interface Growth {
  sweep: Cost;
  count: Cost;
  list: Cost;
  scan: Cost;
}

/** What reading costs as sessions grow in number: 10 of them due, all others in the bucket after the current one. */
export async function benchGrowth(): Promise<BenchResult> {
  const clock = new TestClock();
  const stack = await newStack({ TOUCH_INTERVAL_SECONDS: '0', MAX_SESSIONS: '0' }, clock);
  const meter = new CapacityMeter(stack.client, stack.config.tableName);
  try {
    const found = new Map<number, Growth>();
    let there = 0;
    for (const sessions of SESSIONS) {
      await writeSessions(stack, clock, sessions - there);
      there = sessions;
      found.set(sessions, await readingCosts(stack, clock, meter));
    }
    return resultOf(found);
  } finally {
    meter.close();
    await stack.close();
  }
}

/** Ends the due ones, so that the next round begins with none. */
async function readingCosts(stack: TestStack, clock: TestClock, meter: CapacityMeter): Promise<Growth> {
  const { manager, client, config } = stack;
  const table = new DynamoTable(client, config.tableName);
  const idle = { inactivitySeconds: 60 };
  for (let made = 0; made < DUE; made++) await manager.createSession('eve', 'acme', idle);
  clock.advance({ seconds: 70 });
  const sweep = await meter.of(async () => {
    const { cleaned } = await manager.cleanupInactiveSessions();
    if (cleaned.length !== DUE) throw new Error(`${cleaned.length} sessions were due, and not ${DUE}`);
  });
  const count = await meter.of(() => manager.countUserSessions(OWNER.userId, OWNER.orgId));
  const list = await meter.of(() => manager.listSessions(OWNER.userId, { orgId: OWNER.orgId, limit: 50 }));
  const scan = await meter.of(async () => {
    let page = await table.scan(undefined, undefined, undefined);
    while (page.cursor) page = await table.scan(page.cursor, undefined, undefined);
  });
  return { sweep, count, list, scan };
}

/** As the store writes them, but many at once. They are due in the bucket that is next, however long the rounds take. */
async function writeSessions({ client, config }: TestStack, clock: TestClock, count: number): Promise<void> {
  const documents = documentClient(client);
  const batches = Array.from({ length: Math.ceil(count / IN_A_BATCH) }, (_, batch) =>
    Array.from({ length: Math.min(IN_A_BATCH, count - batch * IN_A_BATCH) }, () => idleSession(clock.now())),
  );
  const write = async (items: Record<string, unknown>[]) => {
    let left = items.map((Item) => ({ PutRequest: { Item } }));
    while (left.length > 0) {
      const { UnprocessedItems } = await documents.send(
        new BatchWriteCommand({ RequestItems: { [config.tableName]: left } }),
      );
      left = (UnprocessedItems?.[config.tableName] ?? []) as typeof left;
    }
  };
  await pMap(
    batches,
    async (sessions) => {
      await write(sessions.map((session) => itemOf(putSession(session))));
      await write(sessions.map((session) => itemOf(putUserEntry(session))));
    },
    { concurrency: 8 },
  );
  for (const owner of limitOwnersOf(OWNER)) {
    await documents.send(
      new UpdateCommand({
        TableName: config.tableName,
        Key: seatsKey(owner),
        UpdateExpression: 'ADD active :count',
        ExpressionAttributeValues: { ':count': count },
      }),
    );
  }
}

function itemOf(write: Write): Record<string, unknown> {
  if (!('Put' in write) || !write.Put?.Item) throw new Error('not a write of a whole item');
  return write.Put.Item;
}

function idleSession(now: Date): SessionItem & { workspace: string } {
  const id = uuidv7();
  return {
    ...OWNER,
    id,
    workspace: `${OWNER.userId}/${id}`,
    status: 'active',
    metadata: { job: 'nightly' },
    createdAt: now.toISOString(),
    lastActiveAt: now.toISOString(),
    inactivitySeconds: IDLE_SECONDS,
    version: 1,
    dueShard: dueShardOf(id),
    due: dueKey(now.getTime() + 600_000 - IDLE_SECONDS * 1000, IDLE_SECONDS * 1000),
  };
}

function resultOf(found: Map<number, Growth>): BenchResult {
  const costs = [...found.values()];
  const ratio = (costs.at(-1)?.sweep.readUnits ?? Infinity) / (costs[0]?.sweep.readUnits ?? 0);
  const flat = (what: 'count' | 'list') => new Set(costs.map((cost) => JSON.stringify(cost[what]))).size === 1;
  const cell = ({ requests, readUnits }: Cost) => `${requests} / ${readUnits}`;
  return {
    title: `Growth: requests and read units, with ${DUE} sessions due`,
    columns: ['sessions', 'sweep', 'count', 'list, a page of 50', 'a scan'],
    rows: [...found].map(([sessions, { sweep, count, list, scan }]) => [
      sessions.toLocaleString('en'),
      ...[sweep, count, list, scan].map(cell),
    ]),
    bound: `the sweep reads at most ${BOUND} times as much (${ratio.toFixed(2)}), count and list exactly as much`,
    kept: ratio < BOUND && flat('count') && flat('list'),
  };
}
