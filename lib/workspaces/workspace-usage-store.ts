import type { DynamoTable } from '../table/dynamo-table.ts';
import { sessionIdOf, workspaceUsageKey, type Key } from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import { sessionIsActive } from '../table/active-session.ts';

/** What a workspace holds. `complete: false`: at least that, it is being measured. */
export interface WorkspaceUsage {
  bytes: number;
  /** Everything that is not a directory. */
  files: number;
  measuredAt: string;
  complete: boolean;
  /** How many entries and directories could not be measured, since their agent has closed them; then it is not complete. */
  unreadable?: number;
}

/** How far a measurement is that does not fit into one call. */
interface Progress {
  bytes: number;
  files: number;
  directory: string[];
  name: string;
  unreadable?: number;
  /** What was counted when it began. */
  countedBefore: number;
}

/** What is known of a workspace. `bytes` is kept up to date with what the API writes. */
export interface MeasuredItem {
  bytes: number;
  files: number;
  /** Absent until it has been measured as a whole. */
  measuredAt?: string;
  /** How long the measurement took. */
  tookMs: number;
  measuring?: Progress;
  /** How often it has been measured as a whole. */
  rounds: number;
  /** What that could not see. */
  unreadable?: number;
}

/** A measurement that is complete, and what was counted when it began. */
interface Measured {
  bytes: number;
  files: number;
  measuredAt: string;
  tookMs: number;
  countedBefore: number;
  unreadable?: number;
}

/** What a measurement was begun with, and whether it is stored only of a session that is active still. */
export interface MeasuredFrom {
  sessionId: string;
  rounds: number;
  onlyIfActive: boolean;
}

type StoredItem = Partial<Omit<MeasuredItem, 'bytes' | 'files'>> & { usedBytes?: number; fileCount?: number };

type Change = Pick<Extract<Write, { Update: object }>['Update'], 'UpdateExpression' | 'ExpressionAttributeValues'>;

/** An end does not delete the item: DynamoDB expires it. A session without one is measured again. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;
const IS_IN_FIRST_ROUND = 'attribute_not_exists(rounds)';
const IS_IN_SAME_ROUND = 'rounds = :rounds';
const IS_THERE = 'attribute_exists(pk)';
const FITS_QUOTA = 'attribute_not_exists(usedBytes) OR usedBytes <= :most';
const TTL = { '#ttl': 'ttl' };

const ttlAt = (now: Date) => ({ ':ttl': Math.floor(now.getTime() / 1000) + KEPT_SECONDS });

function measuredItemOf(item: StoredItem): MeasuredItem {
  const { usedBytes = 0, fileCount = 0, tookMs = 0, rounds = 0, measuredAt, measuring, unreadable } = item;
  return {
    bytes: usedBytes,
    files: fileCount,
    tookMs,
    rounds,
    ...(measuredAt !== undefined && { measuredAt }),
    ...(measuring && { measuring }),
    ...(unreadable !== undefined && { unreadable }),
  };
}

/** How much the workspaces hold, as far as it has been measured. */
export class WorkspaceUsageStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async get(sessionId: string): Promise<MeasuredItem | undefined> {
    const item = await this.table.get<StoredItem>(workspaceUsageKey(sessionId));
    return item && measuredItemOf(item);
  }

  /** Of those that have been measured, by session. */
  async getAll(sessionIds: string[]): Promise<Map<string, MeasuredItem>> {
    const items = await this.table.getAll<StoredItem & Key>(sessionIds.map(workspaceUsageKey));
    return new Map(items.map((item) => [sessionIdOf(item), measuredItemOf(item)]));
  }

  /**
   * Corrects what is counted by what a measurement has found: what was counted while it went on stays counted. Does
   * nothing if another one was faster.
   */
  async put(from: MeasuredFrom, measured: Measured, now: Date): Promise<void> {
    const { bytes, files, measuredAt, tookMs, countedBefore, unreadable } = measured;
    const [set, remove] = unreadable === undefined ? ['', ', unreadable'] : [', unreadable = :unreadable', ''];
    await this.write(from, now, {
      UpdateExpression:
        `SET fileCount = :files, measuredAt = :at, tookMs = :took, #ttl = :ttl${set} ` +
        `REMOVE measuring${remove} ADD usedBytes :found, rounds :one`,
      ExpressionAttributeValues: {
        ...(unreadable !== undefined && { ':unreadable': unreadable }),
        ':found': bytes - countedBefore,
        ':files': files,
        ':at': measuredAt,
        ':took': tookMs,
        ':one': 1,
      },
    });
  }

  /** How far one is. Does nothing if another one has been completed since: it has corrected the same count. */
  async putStep(from: MeasuredFrom, measuring: Progress, tookMs: number, now: Date): Promise<void> {
    await this.write(from, now, {
      UpdateExpression: 'SET measuring = :measuring, tookMs = :took, #ttl = :ttl',
      ExpressionAttributeValues: { ':measuring': { ...measuring }, ':took': tookMs },
    });
  }

  /** With `onlyIfActive` that is a condition in the same transaction: of a session that has ended nothing comes back. */
  private async write(from: MeasuredFrom, now: Date, change: Change): Promise<void> {
    const { sessionId, rounds, onlyIfActive } = from;
    const update = {
      ...change,
      Key: workspaceUsageKey(sessionId),
      ConditionExpression: rounds === 0 ? IS_IN_FIRST_ROUND : IS_IN_SAME_ROUND,
      ExpressionAttributeNames: TTL,
      ExpressionAttributeValues: {
        ...change.ExpressionAttributeValues,
        ...(rounds > 0 && { ':rounds': rounds }),
        ...ttlAt(now),
      },
    };
    if (onlyIfActive) await this.table.transact({ session: sessionIsActive(sessionId), usage: { Update: update } });
    else await this.table.update(update);
  }

  /** Counts bytes that are about to be written. Gives how many there are if they do not fit. */
  async take(sessionId: string, bytes: number, limit: number, now: Date): Promise<number | undefined> {
    const outcome = await this.table.update<StoredItem>({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'SET #ttl = if_not_exists(#ttl, :ttl) ADD usedBytes :bytes',
      ConditionExpression: FITS_QUOTA,
      ExpressionAttributeNames: TTL,
      ExpressionAttributeValues: { ':bytes': bytes, ':most': limit - bytes, ...ttlAt(now) },
    });
    return outcome.updated ? undefined : (outcome.found?.usedBytes ?? 0);
  }

  /** Counts bytes that are there already; negative: that are gone. Where nothing is counted yet, there is no need. */
  async add(sessionId: string, bytes: number): Promise<void> {
    await this.table.update({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'ADD usedBytes :bytes',
      ConditionExpression: IS_THERE,
      ExpressionAttributeValues: { ':bytes': bytes },
    });
  }
}
