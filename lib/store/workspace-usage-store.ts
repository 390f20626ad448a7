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

type Measured = Omit<MeasuredItem, 'measuring'> & { measuredAt: string };
type StoredItem = Partial<Omit<MeasuredItem, 'bytes' | 'files'>> & { usedBytes?: number; fileCount?: number };

/** The item is nobody's belonging: it expires by itself, and a session without one is measured again. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;
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

  /** A measurement that is complete. */
  async put(sessionId: string, { bytes, files, measuredAt, tookMs }: Measured, now: Date): Promise<void> {
    await this.table.update({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression:
        'SET usedBytes = :bytes, fileCount = :files, measuredAt = :at, tookMs = :took, #ttl = :ttl REMOVE measuring',
      ExpressionAttributeNames: TTL,
      ExpressionAttributeValues: {
        ':bytes': bytes,
        ':files': files,
        ':at': measuredAt,
        ':took': tookMs,
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
  async take(sessionId: string, bytes: number, limit: number): Promise<number | undefined> {
    const outcome = await this.table.update<StoredItem>({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'ADD usedBytes :bytes',
      ConditionExpression: HAS_ROOM,
      ExpressionAttributeValues: { ':bytes': bytes, ':most': limit - bytes },
    });
    return outcome.updated ? undefined : (outcome.found?.usedBytes ?? 0);
  }

  /** Counts bytes that are there already; negative: that are gone. */
  async add(sessionId: string, bytes: number): Promise<void> {
    await this.table.update({
      Key: workspaceUsageKey(sessionId),
      UpdateExpression: 'ADD usedBytes :bytes',
      ExpressionAttributeValues: { ':bytes': bytes },
    });
  }
}
