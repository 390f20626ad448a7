import type { DynamoTable } from './dynamo-table.ts';
import { workspaceUsageKey } from './table-schema.ts';

/** What a workspace holds. `complete: false`: at least that, it is being measured. */
export interface WorkspaceUsage {
  bytes: number;
  /** Everything that is not a directory. */
  files: number;
  measuredAt: string;
  complete: boolean;
}

/** How far a measurement is that does not fit into one call. */
interface Progress {
  bytes: number;
  files: number;
  directory: string[];
  name: string;
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
}

/** A measurement that is complete, and what was known when it began. */
interface Measured {
  bytes: number;
  files: number;
  measuredAt: string;
  tookMs: number;
  countedBefore: number;
  measuredBefore: string | undefined;
}

type StoredItem = Partial<Omit<MeasuredItem, 'bytes' | 'files'>> & { usedBytes?: number; fileCount?: number };

/** The item is nobody's belonging: it expires by itself, and a session without one is measured again. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;
const IS_NOT_MEASURED = 'attribute_not_exists(measuredAt)';
const IS_MEASURED_AS_BEFORE = 'measuredAt = :before';
const IS_THERE = 'attribute_exists(pk)';
const HAS_ROOM = 'attribute_not_exists(usedBytes) OR usedBytes <= :most';
const TTL = { '#ttl': 'ttl' };

const ttlAt = (now: Date) => ({ ':ttl': Math.floor(now.getTime() / 1000) + KEPT_SECONDS });

/** How much the workspaces hold, as far as it has been measured. */
export class WorkspaceUsageStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async get(sessionId: string): Promise<MeasuredItem | undefined> {
    const item = await this.table.get<StoredItem>(workspaceUsageKey(sessionId));
    if (!item) return undefined;
    const { usedBytes = 0, fileCount = 0, tookMs = 0, measuredAt, measuring } = item;
    return {
      bytes: usedBytes,
      files: fileCount,
      tookMs,
      ...(measuredAt !== undefined && { measuredAt }),
      ...(measuring && { measuring }),
    };
  }

  /**
   * Corrects what is counted by what a measurement has found: what was counted while it went on stays counted. Does
   * nothing if another one was faster.
   */
  async put(sessionId: string, measured: Measured, now: Date): Promise<void> {
    const { bytes, files, measuredAt, tookMs, countedBefore, measuredBefore } = measured;
    await this.table.update({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression:
        'SET fileCount = :files, measuredAt = :at, tookMs = :took, #ttl = :ttl REMOVE measuring ADD usedBytes :found',
      ConditionExpression: measuredBefore === undefined ? IS_NOT_MEASURED : IS_MEASURED_AS_BEFORE,
      ExpressionAttributeNames: TTL,
      ExpressionAttributeValues: {
        ':found': bytes - countedBefore,
        ':files': files,
        ':at': measuredAt,
        ':took': tookMs,
        ...(measuredBefore !== undefined && { ':before': measuredBefore }),
        ...ttlAt(now),
      },
    });
  }

  /** How far one is. */
  async putStep(sessionId: string, measuring: Progress, tookMs: number, now: Date): Promise<void> {
    await this.table.update({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'SET measuring = :measuring, tookMs = :took, #ttl = :ttl',
      ExpressionAttributeNames: TTL,
      ExpressionAttributeValues: { ':measuring': { ...measuring }, ':took': tookMs, ...ttlAt(now) },
    });
  }

  /** Counts bytes that are about to be written. Gives how many there are if they do not fit. */
  async take(sessionId: string, bytes: number, limit: number, now: Date): Promise<number | undefined> {
    const outcome = await this.table.update<StoredItem>({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'SET #ttl = if_not_exists(#ttl, :ttl) ADD usedBytes :bytes',
      ConditionExpression: HAS_ROOM,
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
